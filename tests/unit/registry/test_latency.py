"""The guard `latency`: what inference told of the version in flight, from the topic `costs` to a rollback."""

from collections import deque
from dataclasses import replace

import pytest

from services.chassis.step import Waiting
from services.contracts.record import Record
from services.registry.domain.flight_report import report_of, told
from tests.entries import Shelf, entries_of
from tests.unit.registry.play import DAY, PLAN, Play, asked, begun, days, history, spent

NAMED = replace(PLAN, guards=("errors", "latency"))
FAST, SLOW = spent(22.0), spent(22.1)


def served(play: Play) -> list[object]:
    return [one.value for one in play.written if one.kind == "driftmill.ServingMeasured"]


def test_what_was_told_of_the_version_in_flight_is_a_fact_of_the_log_and_moves_nobody() -> None:
    play = begun(NAMED)
    moves = len(play.moves())
    assert play.serve(FAST, spent(9.0, "v1"), SLOW, spent(9.0, "v3")) == []
    assert served(play) == [FAST, SLOW]
    assert [one.key for one in play.written if one.value in (FAST, SLOW)] == ["v2", "v2"]
    assert {one.topic for one in play.written if one.value in (FAST, SLOW)} == {"models.history"}
    assert len(play.moves()) == moves


def test_where_it_is_not_named_or_nobody_is_in_flight_nothing_is_taken_in() -> None:
    unnamed = begun(PLAN)
    unnamed.serve(SLOW)
    assert served(unnamed) == []
    assert unnamed.see(*days(0, 1)) == ["v2 shadow → canary 5%"]
    play = begun(NAMED)
    assert play.ask("ReleaseDecided", "v2", approved=False) == ["v2 shadow → rejected"]
    play.serve(SLOW)
    assert served(play) == []


@pytest.mark.parametrize(("first", "state"), [(0, "shadow"), (1, "canary")])
def test_what_takes_too_long_is_rolled_back_at_the_end_of_the_window(first: int, state: str) -> None:
    play = begun(NAMED)
    play.serve(FAST)
    play.see(*days(0, first))
    assert play.serve(SLOW) == []
    assert play.see(asked(first, 0, 0.05), asked(first, 1, 0.05)) == [f"v2 {state} → rejected"]
    move = play.moves()[-1]
    assert (move["clock"], move["reason"]) == (
        (first + 1) * DAY,
        "rolled back: latency: is broken, 22.1 ms for 1,000 rows must not be above 22; 1000 rows in 10 calls",
    )
    (evidence,) = (one for one in move["criteria"] if one["name"] == "latency")
    assert (evidence["passed"], evidence["value"], evidence["bound"]) == (False, pytest.approx(22.1), 22.0)
    (audit,) = [one.value for one in play.written if one.topic == "audit"][-1:]
    assert audit is not None
    assert (audit["action"], audit["reason"]) == (f"{state} → rejected", move["reason"])


def test_without_a_measure_it_takes_no_step_and_is_told_to_wait_for_one() -> None:
    play = begun(NAMED)
    play.serve(spent(1.0, rows=199))
    assert play.see(*days(0, 2)) == []
    report = report_of(play.state, NAMED)
    assert report["waits_for"] == "latency"
    assert "✗ latency: not measured yet; 199 events of 200\n" in told(report)
    play.serve(spent(1.0, rows=1))
    assert "✓ latency: holds, 10 ms for 1,000 rows must not be above 112; 200 rows in 20 calls\n" in told(
        report_of(play.state, NAMED)
    )
    assert play.see(*days(2, 3)) == ["v2 shadow → canary 5%"]


def test_another_version_in_flight_is_measured_anew() -> None:
    play = begun(NAMED)
    play.serve(SLOW)
    play.offer("v3")
    assert play.see(*(asked(0, partition, version="v3") for partition in (0, 1))) == []
    play.serve(FAST | {"version": "v3"})
    assert play.see(*(asked(1, partition, version="v3") for partition in (0, 1))) == ["v3 shadow → canary 5%"]


@pytest.mark.parametrize("how", ["snapshot", "replay"])
def test_a_rebuilt_registry_is_the_same_and_goes_on_alike(how: str) -> None:
    play = begun(NAMED)
    play.serve(FAST, spent(9.0, rows=150), spent(9.0, rows=100))
    play.see(*days(0, 1), asked(1, 0, 0.05))
    rebuilt = play.step.new_state(0)
    if how == "snapshot":
        rebuilt = play.step.load_state(0, Shelf(entries_of(play.state)))
    else:
        play.step.fold(rebuilt, history(play.written))
    assert rebuilt == play.state
    assert rebuilt.flight is not None
    assert [one.rows for one in rebuilt.flight.served] == [150, 100]
    play.state = rebuilt
    play.serve(SLOW)
    assert play.see(asked(1, 1, 0.05)) == ["v2 canary → rejected"]


def test_what_serving_cost_comes_together_after_what_is_asked_for_and_before_windows() -> None:
    play = begun(NAMED)

    def waiting(topic: str, kind: str, count: int) -> Waiting:
        records = (Record(topic, 0, number, 0, "", f"driftmill.{kind}", asked(0, number)) for number in range(count))
        return Waiting(deque(records), True)

    sides = {
        "profiles": waiting("profiles", "ProfileClosed", 2),
        "costs": waiting("costs", "ServingMeasured", 5),
        "requests": waiting("requests", "MoveRequested", 2),
        "audit": waiting("audit", "AuditRecorded", 3),
    }
    batches = []
    while batch := play.step.take(play.state, sides, 4):
        batches.append([one.topic for one in batch])
    assert batches == [
        ["audit"] * 3,
        ["requests"],
        ["requests"],
        ["costs"] * 4,
        ["costs"],
        ["profiles"],
        ["profiles"],
    ]
