"""A small pipeline and its raw records, for the tests of validation."""

import json
from collections import deque
from collections.abc import Sequence
from functools import cache
from typing import Any

from services.chassis.step import Waiting
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import JSON, Output, Record
from services.validation.step import LedgerState, ValidationStep

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 20_000 * DAY
"""Event time of the first event."""
APPENDED = START + 400 * DAY
"""Append time of all records unless told otherwise: the stream is history."""
KEY = b"0123456789abcdef0123456789abcdef"

TIME = {"type": "long", "logicalType": "timestamp-micros"}
EVENT_FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "string"},
    {"name": "at", "type": TIME},
    {"name": "who", "type": "string"},
    {"name": "amount", "type": "double"},
    {"name": "items", "type": ["null", "int"], "default": None},
    {"name": "code", "type": "string", "default": "0000"},
    {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["chip", "online"]}},
    {"name": "trusted", "type": ["null", "boolean"]},
    {"name": "card", "type": ["null", "string"], "default": None},
]
LABEL_FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "string"},
    {"name": "who", "type": "string"},
    {"name": "bad", "type": "boolean"},
    {"name": "known_at", "type": TIME},
    {"name": "source", "type": "string", "default": ""},
]
FILE = """
driftmill: 1
name: shop
entities: {customer: {key: who}}
event:
  schema: event.avsc
  id: id
  time: {field: at, lateness: 10m}
  fields:
    amount: {check: amount > 0, max: 1000}
    items: {min: 1}
    code: {pattern: '[0-9]{4}'}
    channel: {one_of: [chip, online]}
    CARD
label:
  schema: label.avsc
  target: {field: bad, positive: true}
  known: {time: known_at, expected_after: 1d}
model: {inputs: [amount]}
monitor: {window: 1h}
"""


@cache
def pipeline(masked: bool = False) -> Pipeline:
    """The pipeline; with `masked` the card is personal. Read once, and shared."""
    return Pipeline.from_texts(
        {
            "pipeline.yaml": FILE.replace("CARD", "card: {pii: hash}" if masked else ""),
            "event.avsc": json.dumps({"type": "record", "name": "Bought", "namespace": "shop", "fields": EVENT_FIELDS}),
            "label.avsc": json.dumps({"type": "record", "name": "Judged", "namespace": "shop", "fields": LABEL_FIELDS}),
        }
    )


@cache
def joined() -> Pipeline:
    """The pipeline with labels that bring back the key of their answer, and don't say who bought."""
    texts = dict(pipeline().texts)
    texts["pipeline.yaml"] = FILE.replace("CARD", "").replace("label.avsc", "label.avsc\n  join: label_key")
    texts["label.avsc"] = texts["label.avsc"].replace('"who"', '"label_key"')
    return Pipeline.from_texts(texts)


@cache
def unkeyed() -> Pipeline:
    """The pipeline with labels that say of which purchase they are, and nothing else."""
    texts = dict(pipeline().texts)
    texts["pipeline.yaml"] = FILE.replace("CARD", "").replace("label.avsc", "label.avsc\n  join: event_id")
    fields = [field for field in LABEL_FIELDS if field["name"] != "who"]
    texts["label.avsc"] = json.dumps({"type": "record", "name": "Judged", "namespace": "shop", "fields": fields})
    return Pipeline.from_texts(texts)


def keyed(number: int, key: object = "anna", **changes: Any) -> dict[str, Any]:
    """The label of an event as such a pipeline has it."""
    label = judged(number, **changes)
    del label["who"]
    return label | {"label_key": key}


def step(partitions: int = 1, masked: bool = False) -> ValidationStep:
    """Validation of the pipeline."""
    return ValidationStep(pipeline(masked), partitions, KEY)


def bought(number: int, at: int | None = None, **changes: Any) -> dict[str, Any]:
    """The event of a number; a minute later for each."""
    usual = {
        "id": f"e{number}",
        "at": START + number * MINUTE if at is None else at,
        "who": "anna",
        "amount": 10.0 + number,
        "items": 1,
        "code": "1234",
        "channel": "chip",
        "trusted": None,
        "card": "4111",
    }
    return usual | changes


def judged(number: int, known_at: int | None = None, **changes: Any) -> dict[str, Any]:
    """The label of an event, known an hour after it."""
    known = START + number * MINUTE + HOUR if known_at is None else known_at
    return {"id": f"e{number}", "who": "anna", "bad": False, "known_at": known, "source": ""} | changes


def record(
    value: dict[str, Any],
    topic: str = "events.raw",
    offset: int = 0,
    partition: int = 0,
    timestamp: int = APPENDED,
    kind: str | None = None,
    headers: tuple[tuple[str, bytes], ...] = (),
) -> Record:
    """A raw record as the loop gives it, its kind by its fields."""
    if kind is None:
        kind = "driftmill.Tick" if "time" in value else "shop.Judged" if "bad" in value else "shop.Bought"
    key = str(value.get("who", ""))
    raw = json.dumps(value).encode() if kind == JSON else b"\0avro"
    return Record(topic, partition, offset, timestamp, key, kind, value, headers, key.encode(), raw)


def records(*values: dict[str, Any], **shared: Any) -> list[Record]:
    """Raw records of one topic, one after the other."""
    return [record(value, offset=offset, **shared) for offset, value in enumerate(values)]


def waiting(batch: Sequence[Record] = (), ended: bool = True, quiet_ms: float = 0.0) -> Waiting:
    """What waits of a topic."""
    return Waiting(deque(batch), ended, quiet_ms)


def run(validation: ValidationStep, state: LedgerState, batch: Sequence[Record]) -> list[Output]:
    """Process and commit a batch; what is written."""
    result = validation.process(state, batch)
    assert not result.failures
    state.apply(result.staged)
    return list(result.outputs)


def outputs_of(batch: Sequence[Record], partitions: int = 1, masked: bool = False) -> list[Output]:
    """What validation makes of a fresh partition's first records."""
    validation = step(partitions, masked)
    return run(validation, validation.new_state(batch[0].partition if batch else 0), batch)


def log_of(outputs: Sequence[Output], partition: int = 0) -> list[Record]:
    """The outputs that belong to the log, as the loop reads them again: one topic after the other."""
    log = []
    for topic in ValidationStep.log:
        written = [output for output in outputs if output.topic == topic]
        log += [
            Record(topic, partition, offset, APPENDED, output.key, output.kind, output.value or {})
            for offset, output in enumerate(written)
        ]
    return log


def rules_of(output: Output) -> set[tuple[str, str]]:
    """Field and rule of every reason of a quarantined record."""
    assert output.kind == "driftmill.RecordQuarantined"
    assert output.value is not None
    return {(reason["field"], reason["rule"]) for reason in output.value["reasons"]}


def home_of(who: str, partitions: int) -> int:
    """Where an entity's records belong."""
    return partition_of(who.encode(), partitions)
