"""What stands in the place of the label section where events have no labels."""

from services.contracts.pipeline.event import Event
from services.contracts.pipeline.label import Known, Label, Target
from services.contracts.pipeline.learning_task import ANOMALY
from services.contracts.pipeline.record_schema import AvroField, RecordSchema
from services.contracts.pipeline.units import Duration

_NAMES = ("event_id", "anomaly", "known_at")
_TYPES = ("string", "boolean", {"type": "long", "logicalType": "timestamp-micros"})

SCHEMA = RecordSchema(
    file="unlabelled.avsc",
    name="unlabelled.Label",
    fields={
        name: AvroField(name, type_, False, (), 1)
        for name, type_ in zip(_NAMES, ("string", "boolean", "timestamp"), strict=True)
    },
    schema={
        "type": "record",
        "name": "Label",
        "namespace": "unlabelled",
        "doc": "A label where there are none: whatever comes to the topic of labels is quarantined.",
        "fields": [{"name": name, "type": type_} for name, type_ in zip(_NAMES, _TYPES, strict=True)],
    },
)
"""Of records that no pipeline without labels accepts."""


def unlabelled(event: Event) -> Label:
    """Nothing is waited for but events that come late: after its lateness each is given up as `missing`."""
    lateness = Duration.of(event.time.lateness)
    name, target, known_at = _NAMES
    return Label.model_construct(
        schema_file=SCHEMA.file,
        id=name,
        target=Target.model_construct(field=target, kind="anomaly", **ANOMALY.target),
        known=Known.model_construct(time=known_at, expected_after=lateness, maturity=lateness),
    )
