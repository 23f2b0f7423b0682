"""Revisions count up, of events that there are."""

import pytest

from services.cli.domain.invariant import Invariants
from services.cli.domain.revisions import Revisions
from services.contracts.record import Record
from tests.unit.cli.domain.world import HOUR, event, ledger_of, record


def outcome(seq: int, revision: int, **other: object) -> Record:
    value = {"seq": seq, "event_id": f"o{seq}", "event_time": event(seq).value["event_time"], "revision": revision}
    return record("outcomes", "driftmill.Outcome", 0, {**value, **other})


def matured(seq: int) -> Record:
    """The mark that comes when the time for an event's label is over."""
    watermark = event(seq).value["event_time"] + HOUR
    return record("outcomes", "driftmill.CohortMatured", 0, {"matured_seq": seq, "watermark": watermark})


HEALTHY = [outcome(0, 0), outcome(1, 0), outcome(0, 1), matured(1), outcome(-1, 0, event_id="nobody"), outcome(0, 2)]


def broken(outcomes: list[Record]) -> dict[str, int]:
    invariants = Invariants.new()
    made = Revisions(ledger_of([event(0), event(1), event(2)], invariants), HOUR, invariants)
    for one in outcomes:
        made.take(one)
    made.finish()
    return {one.name: one.broken for one in invariants.all() if one.broken}


def test_healthy_outcomes() -> None:
    assert broken(HEALTHY) == {}


@pytest.mark.parametrize(
    ("outcomes", "name"),
    [
        ([*HEALTHY, outcome(0, 2)], "restated"),
        ([*HEALTHY, outcome(1, 2)], "restated"),
        ([*HEALTHY, matured(2)], "restated"),
        ([*HEALTHY, outcome(2, 0, event_id="o1")], "caused"),
        ([*HEALTHY, outcome(3, 0)], "caused"),
    ],
    ids=["again", "left out", "final without one", "another's", "nobody's"],
)
def test_what_is_wrong_is_found_once(outcomes: list[Record], name: str) -> None:
    assert broken(outcomes) == {name: 1}
