"""The ledger counts answers and keeps the last word about each outcome."""

import struct
from typing import Any

from services.cli.demo.ledger import Ledger
from services.contracts.record import Record


def _record(name: str, partition: int = 0, /, **value: Any) -> Record:
    return Record("topic", partition, 0, 0, "", f"driftmill.{name}", value)


def _outcome(seq: int, label: float | None, **other: Any) -> Record:
    value: dict[str, Any] = {
        "seq": seq,
        "event_time": 100 - seq,
        "status": "on_time",
        "label": label,
        "score": 0.5,
        "decision": True,
        "model": "v1",
        "numbers": struct.pack("<2f", seq, 1.0),
        "categories": ["NL"],
    }
    return _record("Outcome", 0, **(value | other))


def test_every_event_needs_exactly_one_answer() -> None:
    ledger = Ledger()
    ledger.take([_record("EventAccepted", partition, seq=0) for partition in (0, 1)])
    ledger.take([_record("Prediction", 0, seq=0, status="ok")])
    assert not ledger.answered_once()
    ledger.take([_record("Prediction", 1, seq=0, status="ok")])
    assert ledger.answered_once()
    ledger.take([_record("Prediction", 1, seq=0, status="ok")])
    assert not ledger.answered_once()


def test_outcomes_come_by_event_time_with_their_last_label() -> None:
    ledger = Ledger()
    ledger.take([_outcome(0, 0.0), _outcome(1, 0.0), _outcome(2, None), _outcome(0, 1.0, status="corrected")])
    outcomes = ledger.outcomes()
    assert outcomes.times.tolist() == [99, 100]
    assert outcomes.labels.tolist() == [0.0, 1.0]
    assert outcomes.numbers.tolist() == [[1.0, 1.0], [0.0, 1.0]]
    assert ledger.statuses == {"on_time": 3, "corrected": 1}


def test_an_orphan_is_counted_but_has_no_row() -> None:
    ledger = Ledger()
    ledger.take([_outcome(-1, 1.0, status="orphan", score=None, event_time=None)])
    assert len(ledger.outcomes()) == 0
    assert ledger.statuses["orphan"] == 1


def test_quarantine_is_counted_by_rule() -> None:
    ledger = Ledger()
    ledger.take([_record("RecordQuarantined", kind="event", reasons=[{"rule": "range"}, {"rule": "null"}])])
    assert ledger.quarantined == {"null, range": 1}
