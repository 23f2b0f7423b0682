"""What a raw record is: an event, a label or a tick, as a typed payload or with reasons why it has none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.contracts.pipeline import Pipeline
from services.contracts.record import JSON, Record
from services.validation.domain.conversion import Conversion, microseconds
from services.validation.domain.merge import is_unreadable
from services.validation.domain.reason import Reason

TICK = "driftmill.Tick"

AHEAD = 3_600_000_000
"""How far ahead of its append time a record may claim to be, in microseconds."""


class Sort(StrEnum):
    """What a raw record is about."""

    EVENT = "event"
    LABEL = "label"
    TICK = "tick"


@dataclass(slots=True)
class Raw:
    """A raw record. kind: full name of the Avro record it is or becomes. payload: the fields that could be read.

    reasons: why the others couldn't be, and the rules found broken since. fulfils: whether it is an event that makes
    earlier ones positive, where events label each other.
    """

    record: Record
    sort: Sort
    kind: str
    payload: Mapping[str, Any]
    is_whole: bool = True
    reasons: list[Reason] = field(default_factory=list)
    fulfils: bool = False


class Intake:
    """Reads the raw records of a pipeline.

    A JSON object on the topic of events is a label if it has the label's target but not the event's time.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        resolved = pipeline.resolved
        masked = frozenset(name for name, found in pipeline.event.fields.items() if found.pii)
        self._event_name, self._label_name = resolved.event_record_name, resolved.label_record_name
        self._event = Conversion(resolved.event_schema, resolved.event_types, masked)
        self._label = Conversion(resolved.label_schema, resolved.label_types, masked)
        self._time, self._known = pipeline.event.time.field, pipeline.label.known.time
        self._target = pipeline.label.target.field

    def read(self, record: Record) -> Raw:
        """The record with its payload."""
        sort = self._sort(record)
        if record.kind != JSON:
            return Raw(record, sort, record.kind, record.value)
        is_label = sort is Sort.LABEL
        payload, reasons = (self._label if is_label else self._event).read(record.value)
        return Raw(record, sort, self._label_name if is_label else self._event_name, payload, not reasons, reasons)

    def _sort(self, record: Record) -> Sort:
        if record.kind == TICK:
            return Sort.TICK
        if record.kind != JSON:
            return Sort.LABEL if record.kind == self._label_name else Sort.EVENT
        value = record.value
        is_label = record.topic == "labels" or (self._target in value and self._time not in value)
        return Sort.LABEL if is_label else Sort.EVENT

    def known_at(self, record: Record) -> int | None:
        """When the record became known: an event's own time, a label's time of knowledge.

        None if it has none, or one so far ahead that it will be refused: waiting for that would hold back all that
        stands behind it.
        """
        if is_unreadable(record):
            return None
        field = {Sort.TICK: "time", Sort.LABEL: self._known, Sort.EVENT: self._time}[self._sort(record)]
        try:
            known = microseconds(record.value.get(field))
        except (ValueError, OverflowError):
            return None
        return known if known <= record.timestamp + AHEAD else None
