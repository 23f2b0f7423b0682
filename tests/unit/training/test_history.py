"""What training knows is a fold of its topics."""

from itertools import permutations
from typing import Any

from services.training.domain.history import History
from tests.entries import Shelf, entries_of
from tests.unit.training.story import DAY, START, alert, cleared, dataset, finished, request, told

STARTED: dict[str, Any] = {
    "run_id": "r",
    "trigger": "alert",
    "alert_id": "a1",
    "request_id": None,
    "clock": START,
    "rows": 10,
    "positives": 2,
    "version": "v1",
    "requests": [],
    "features": "f",
    "model": "m",
}


def test_rows_after_a_change_are_counted_from_what_had_matured_before_it() -> None:
    history = told(dataset(1, 100, 10), dataset(2, 200, 30), dataset(3, 300, 60))
    assert history.since(START + 2 * DAY) == (100, 30)
    assert history.since(START) == (300, 60)
    assert history.since(START + 9 * DAY) == (0, 0)
    assert told().since(START) == (0, 0)


def test_a_run_is_open_until_it_ends() -> None:
    history = told(dataset(1, 10, 2), ("driftmill.RunStarted", STARTED))
    assert history.open_run == STARTED
    assert history.handled == {"a1"}
    ended = history.after([finished("r", 1)])
    assert ended.open_run is None
    assert [run.outcome for run in ended.runs] == ["candidate"]


def test_a_run_that_never_began_is_known_by_its_end() -> None:
    waiting = ("driftmill.RunWaiting", {"run_id": "w", "trigger": "alert", "alert_id": "a1", "have": 1})
    history = told(waiting, finished("w", 3, "no_evidence"))
    assert (history.waiting, [run.outcome for run in history.runs]) == ({}, ["no_evidence"])
    assert history.handled == {"a1"}


def test_what_was_held_back_is_known_by_its_run() -> None:
    held = {"run_id": "w", "trigger": "labels", "alert_id": None, "after": "r", "limit": "cooldown"}
    assert told(("driftmill.RunHeld", held | {"until": START, "reason": ""})).held == {"labels/r": "w"}


def test_the_order_of_different_topics_does_not_matter() -> None:
    facts = [dataset(1, 100, 10), alert("a1", 1, None), request("q"), cleared("a1")]
    states = {History().after(list(order)).to_bytes() for order in permutations(facts)}
    assert len(states) == 1


def test_a_repeated_alert_changes_nothing() -> None:
    assert told(alert("a1", 1, 0.5), alert("a1", 2, 0.7)) == told(alert("a1", 1, 0.5))


def test_a_snapshot_is_the_same_history() -> None:
    history = told(dataset(1, 100, 10), alert("a1", 1, 0.5), request("q"), ("driftmill.RunStarted", STARTED))
    assert History.load(Shelf(entries_of(history))) == history
    assert History.load(Shelf()) == History()
