"""Returns that name their order alone: raw records of a partition, what its index is told, and what it sends back."""

import json
from functools import cache

from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.validation.domain.rekeying import is_rekeyed
from services.validation.step import ValidationStep
from tests.laws.flow import PARTITION, Topics, records_of, run
from tests.platform import pipeline_named


@cache
def indexed() -> Pipeline:
    """The small pipeline, whose labels don't name their shop."""
    texts = dict(pipeline_named("indexed").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("label: {", "label: {join: event_id, ", 1)
    schema = json.loads(texts["label.avsc"])
    schema["fields"] = [field for field in schema["fields"] if field["name"] != "shop"]
    return Pipeline.from_texts(texts | {"label.avsc": json.dumps(schema)})


def inputs(raw: Topics, partitions: int) -> Topics:
    """All three inputs of a partition of validation. raw: as for labels that name their shop."""
    labels = [_without_shop(record) for record in raw["labels"]]
    told: Topics = {"events.raw": raw["events.raw"], "labels": labels}
    index = [
        record
        for record in records_of(run(ValidationStep(indexed(), partitions), told).outputs, "labels.index")
        if record.partition == PARTITION
    ]
    # the others are as far
    reached = [record for record in index if record.kind == "driftmill.PartitionReached"]
    others = [record._replace(value={**record.value, "partition": 1 - PARTITION}) for record in reached]
    index += [record._replace(offset=len(index) + place) for place, record in enumerate(others)]
    sent = run(ValidationStep(indexed(), partitions), {**told, "labels.index": index}).outputs
    back = [one for one in records_of(sent, "labels.index") if one.partition == PARTITION and is_rekeyed(one)]
    ours = [record._replace(offset=len(index) + place) for place, record in enumerate(back)]
    return {**told, "labels.index": [*index, *ours]}


def _without_shop(record: Record) -> Record:
    value = {name: value for name, value in record.value.items() if name != "shop"}
    return record._replace(key="", raw_key=b"", value=value)
