"""What a pipeline asks of its raw records: the values that judging needs, resolved once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.contracts.expression import Kind
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.definition import short_digest
from services.contracts.pipeline.event import EventField
from services.contracts.pipeline.label import SOURCE, Target
from services.validation.domain.index import Indexing
from services.validation.domain.labelling import Labelling
from services.validation.domain.masking import Masking
from services.validation.domain.reason import Reason
from services.validation.domain.rules import Rules

_UNPROFILED = frozenset({"time", "reference"})
FORMAT = 3
"""Raised when the meaning or the layout of the state changes."""


@dataclass(frozen=True, slots=True)
class Contract:
    """Field names and bounds (microseconds); `profiled`: the fields whose profiles are kept, with their kinds.

    label_memory: how long labels are remembered, to know the same one again and the first from its corrections: at
    least as long as their event's outcome can still be restated. labelling: how events label each other, if they do.
    unwanted_labels: why none is taken from elsewhere, empty where they are.
    label_entity: the field of labels that has their entity's key, None if none has; indexing: how they find it then.
    """

    partitions: int
    entity: str
    event_id: str
    event_time: str
    lateness: int
    label_memory: int
    label_entity: str | None
    label_event_id: str
    label_known: str
    target: Target
    window: int
    profiled: Mapping[str, Kind]
    event_rules: Rules
    label_rules: Rules
    event_masking: Masking
    label_masking: Masking
    labelling: Labelling | None
    indexing: Indexing | None
    unwanted_labels: str = ""

    @classmethod
    def of(cls, pipeline: Pipeline, partitions: int, pii_key: bytes) -> "Contract":
        """The contract of a pipeline whose data-plane topics have `partitions`. Raises ValueError for a weak key."""
        resolved, event, label = pipeline.resolved, pipeline.event, pipeline.label
        masked = frozenset(name for name, field in event.fields.items() if field.pii)
        in_label = masked & frozenset(resolved.label_types)
        unprofiled = {event.id, event.time.field, resolved.entity_field, *masked}
        return cls(
            partitions=partitions,
            entity=resolved.entity_field,
            event_id=event.id,
            event_time=event.time.field,
            lateness=int(event.time.lateness),
            label_memory=_label_memory(pipeline),
            label_entity=resolved.label_entity_field,
            label_event_id=label.id or event.id,
            label_known=label.known.time,
            target=label.target,
            window=int(pipeline.monitor.window),
            profiled=_profiled(resolved.event_types, resolved.kinds, unprofiled),
            event_rules=Rules(resolved.event_types, event.fields, resolved.kinds),
            label_rules=Rules(resolved.label_types, _label_fields(in_label, label.target), {}),
            event_masking=Masking(masked, pii_key),
            label_masking=Masking(in_label, pii_key),
            labelling=Labelling.of(pipeline),
            indexing=_indexing(pipeline, partitions),
            unwanted_labels=_unwanted_labels(pipeline),
        )

    @property
    def digest(self) -> str:
        """Names all that the state depends on."""
        depends = [FORMAT, self.lateness, self.label_memory, self.window, dict(self.profiled), self.partitions]
        further = [part.depends for part in (self.labelling, self.indexing) if part is not None]
        return short_digest([*depends, *further])

    @property
    def masks(self) -> bool:
        """Whether raw bytes may hold personal data."""
        return bool(self.event_masking.fields or self.label_masking.fields)

    def home(self, key: str) -> int:
        """The partition in which records of an entity belong."""
        return partition_of(key.encode(), self.partitions)

    def label_value(self, payload: Mapping[str, Any]) -> float:
        """The target as a number, as LabelAccepted.avsc has it."""
        return self.target.task.label(payload[self.target.field], self.target.positive)

    def unlisted(self, reasons: Iterable[Reason], payload: Mapping[str, Any]) -> str | None:
        """The class that a refused label says, if it is none of several that the file lists."""
        field = self.target.field
        if self.target.classes is None or not any(one.field == field and one.rule == "set" for one in reasons):
            return None
        return str(payload[field])

    def label_source(self, payload: Mapping[str, Any]) -> str:
        """Who says so, empty where labels don't tell."""
        return str(payload.get(SOURCE, ""))


def _unwanted_labels(pipeline: Pipeline) -> str:
    if pipeline.declared_label is None:
        return "no label: with model.task: anomaly there are none"
    return "" if pipeline.label.rule is None else "no label: label.rule makes them"


def _indexing(pipeline: Pipeline, partitions: int) -> Indexing | None:
    if pipeline.label.join != "event_id":
        return None
    return Indexing(partitions, _label_memory(pipeline), int(pipeline.label.known.maturity or 0))


def _label_fields(masked: Iterable[str], target: Target) -> dict[str, EventField]:
    """What labels must obey beside their schema: of several classes a label is one."""
    fields = {name: EventField(pii="hash") for name in masked}
    if target.classes is not None:
        fields[target.field] = EventField().model_copy(update={"one_of": target.classes})
    return fields


def _label_memory(pipeline: Pipeline) -> int:
    maturity = pipeline.label.known.maturity
    if maturity is None:
        raise ValueError("the pipeline isn't resolved: label.known.maturity has no value")
    return int(pipeline.event.time.lateness) + int(pipeline.monitor.window) + 2 * int(maturity)


def _profiled(types: Mapping[str, str], kinds: Mapping[str, Kind], unprofiled: set[str]) -> dict[str, Kind]:
    return {name: kinds[name] for name in types if name not in unprofiled and kinds[name] not in _UNPROFILED}
