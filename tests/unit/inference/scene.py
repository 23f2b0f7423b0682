"""A pipeline with two numbers and a category, and its feature vectors, for the tests of inference."""

import json
from typing import Any

import numpy as np

from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.inference.domain.vectors import Vectors
from services.kernel.vector import pack

TIME = {"type": "long", "logicalType": "timestamp-micros"}
EVENT_FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "string"},
    {"name": "at", "type": TIME},
    {"name": "who", "type": "string"},
    {"name": "amount", "type": ["null", "double"]},
    {"name": "age", "type": "double"},
    {"name": "country", "type": "string"},
]
LABEL_FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "string"},
    {"name": "who", "type": "string"},
    {"name": "bad", "type": "boolean"},
    {"name": "known_at", "type": TIME},
]
FILE = """
driftmill: 1
name: shop
entities: {customer: {key: who}}
event: {schema: event.avsc, id: id, time: {field: at, lateness: 10m}}
label:
  schema: label.avsc
  target: {field: bad, positive: true, prior: 0.25}
  known: {time: known_at}
MOREmodel: {inputs: [amount, age, country], baseline: BASELINE}
"""


def pipeline(baseline: str = "prior", **label: str) -> Pipeline:
    """The pipeline with a baseline, and with more in its label section, as its file would have it."""
    more = "".join(f"  {key}: {value}\n" for key, value in label.items())
    named = json.dumps(LABEL_FIELDS).replace('"who"', '"label_key"' if "join" in label else '"who"')
    return Pipeline.from_texts(
        {
            "pipeline.yaml": FILE.replace("BASELINE", baseline).replace("MORE", more),
            "event.avsc": json.dumps({"type": "record", "name": "Bought", "fields": EVENT_FIELDS}),
            "label.avsc": json.dumps({"type": "record", "name": "Judged", "fields": json.loads(named)}),
        }
    )


PIPELINE = pipeline()


def vectors(*amounts: float, country: str = "DE") -> Vectors:
    """A batch as scorers see it."""
    numbers = np.array([[amount, 30.0] for amount in amounts], np.float32).reshape(len(amounts), 2)
    return Vectors(("amount", "age"), ("country",), numbers, [[country]] * len(amounts))


def features(seq: int, amount: float = 1.0, **changes: Any) -> Record:
    """The feature vector of an event, as the loop gives it."""
    value = {
        "seq": seq,
        "event_id": f"e{seq}",
        "event_time": 1_000 + seq,
        "feature_set": PIPELINE.resolved.feature_set,
        "numbers": pack(np.array([[amount, 30.0]], np.float32))[0],
        "categories": ["DE"],
        "error": None,
    }
    return Record("features", 3, seq, 5_000, f"customer-{seq}", "driftmill.FeatureVector", value | changes)
