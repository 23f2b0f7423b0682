"""Records of a small healthy partition, to be spoiled."""

from typing import Any

from services.cli.domain.event_ledger import EventLedger
from services.cli.domain.invariant import Invariants
from services.contracts.record import Record
from tests.platform import SMALL, pipeline_named

HOUR = 3_600_000_000
START = 1_700_000_000_000_000
PIPELINE = pipeline_named("small", SMALL)
KEY = "shop1"


def record(topic: str, kind: str, offset: int, value: dict[str, Any], key: str = KEY) -> Record:
    return Record(topic, 0, offset, START, key, kind, value, raw_key=key.encode())


def event(number: int, offset: int | None = None, at: int | None = None, event_id: str | None = None) -> Record:
    """The nth accepted event, a minute after the one before."""
    time = START + number * 60_000_000 if at is None else at
    payload = {"order_id": f"o{number}", "at": time, "shop": KEY, "amount": 2.0 * number, "kind": "a"}
    value = {
        "seq": number,
        "event_id": event_id or f"o{number}",
        "event_time": time,
        "appended_at": START,
        "payload": payload,
    }
    return record("events", "driftmill.EventAccepted", number if offset is None else offset, value)


def label(number: int, offset: int, returned: bool = True, revision: int = 0) -> Record:
    known = START + number * 60_000_000 + HOUR
    payload = {"order_id": f"o{number}", "shop": KEY, "returned": returned, "known_at": known}
    value = {"event_id": f"o{number}", "known_at": known, "label": 1.0, "revision": revision, "payload": payload}
    return record("events", "driftmill.LabelAccepted", offset, value)


def ledger_of(events: list[Record], invariants: Invariants, worked: int = 1_000) -> EventLedger:
    ledger = EventLedger(HOUR, worked, invariants)
    for one in events:
        ledger.add(one)
    return ledger
