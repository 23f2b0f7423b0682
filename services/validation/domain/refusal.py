"""What is written of a refused record, and where a refused event counts."""

from typing import Any

from services.validation.domain.contract import Contract
from services.validation.domain.intake import Raw, Sort


def quarantined(contract: Contract, raw: Raw, window_start: int | None) -> dict[str, Any]:
    """The `driftmill.RecordQuarantined`. window_start: of the window in which an event counts."""
    record, payload = raw.record, raw.payload
    is_event = raw.sort is Sort.EVENT
    event_id = payload.get(contract.event_id if is_event else contract.label_event_id)
    return {
        "kind": str(raw.sort),
        "event_id": None if event_id is None else str(event_id),
        "event_time": payload.get(contract.event_time) if is_event else None,
        "reasons": [reason.to_record() for reason in raw.reasons],
        "source_topic": record.topic,
        "source_partition": record.partition,
        "source_offset": record.offset,
        "raw_key": record.raw_key,
        "raw_value": None if contract.masks else record.raw_value,
        "window_start": window_start,
    }


def first_broken(raw: Raw) -> tuple[str, str]:
    """Field and rule of the first reason, as which the event counts."""
    first = raw.reasons[0]
    return first.field, first.rule


def believed_time(contract: Contract, raw: Raw) -> int | None:
    """The time of a refused event; None where it can't be read, or is itself wrong, but for being late."""
    field = contract.event_time
    if any(reason.field == field and reason.rule != "too_late" for reason in raw.reasons):
        return None
    time: int | None = raw.payload.get(field)
    return time
