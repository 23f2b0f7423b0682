"""Numbers without gaps, ids once, nothing too late."""

import pytest

from services.cli.domain.event_ledger import EventLedger
from services.cli.domain.invariant import Invariants
from services.contracts.record import Record
from tests.unit.cli.domain.world import HOUR, START, event, ledger_of

HEALTHY = [event(number) for number in range(5)]


def test_a_healthy_log() -> None:
    invariants = Invariants.new()
    ledger = ledger_of(HEALTHY, invariants, worked=3)
    assert all(one.holds for one in invariants.all())
    assert (len(ledger), ledger.place(4), ledger.place(5)) == (5, 4, None)
    assert list(ledger.due) == [1, 1, 1, 0, 0]


def test_a_log_that_begins_later() -> None:
    ledger = ledger_of(HEALTHY[2:], invariants := Invariants.new())
    assert invariants.numbered.holds
    assert (ledger.place(1), ledger.place(2)) == (None, 0)


@pytest.mark.parametrize(
    ("log", "broken"),
    [
        ([*HEALTHY[:2], *HEALTHY[3:]], "numbered"),
        ([*HEALTHY, HEALTHY[4]], "numbered"),
        ([*HEALTHY, event(5, at=START - HOUR)], "unique"),
        ([*HEALTHY, event(5, event_id="o0")], "unique"),
    ],
    ids=["a gap", "a number again", "too late", "an id again"],
)
def test_what_is_wrong_is_found_once(log: list[Record], broken: str) -> None:
    invariants = Invariants.new()
    ledger_of(log, invariants)
    assert {one.name: one.broken for one in invariants.all() if one.broken} == {broken: 1}


def test_time_passes_with_ticks() -> None:
    ledger = EventLedger(HOUR, 0, invariants := Invariants.new())
    ledger.tick(START + 9 * HOUR)
    ledger.add(event(0))
    assert not invariants.unique.holds
