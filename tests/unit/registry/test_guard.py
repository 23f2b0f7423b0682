"""Guards: what stops a version without labels."""

from typing import Any

import pytest

from services.contracts.pipeline.learning_task import ANOMALY, BINARY
from services.registry.domain.guard import EVENTS, Expected, expected_rate, guarded, is_broken, newest
from services.registry.domain.pairs import Pairs
from services.registry.domain.reports import Window
from services.registry.domain.score_groups import ScoreGroups
from services.registry.domain.served import Served
from tests.unit.registry.play import COST, DAY, MEASURED

ALL = ("errors", "score_shift", "decision_rate", "disagreement")
EXPECTED = Expected(ScoreGroups.of(MEASURED, BINARY), 0.1)


def window(day: int = 0, scores: tuple[int, ...] = (50,) * 10, **sums: Any) -> Window:
    known: dict[str, Any] = {"rows": 500, "positives": 50} | sums
    return Window(day * DAY, (day + 1) * DAY, (day + 1) * DAY, {"v1": Pairs(**known)}, scores)


def broken(*windows: Window, names: tuple[str, ...] = ALL) -> list[str]:
    return [one.name for one in guarded(names, windows, (), EXPECTED) if is_broken(one)]


def test_what_is_as_it_was_passes() -> None:
    found = guarded(ALL, [window()], (), EXPECTED)
    assert [(one.name, one.passed) for one in found] == [(name, True) for name in ALL]
    assert all(one.value is not None and one.n for one in found)


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        (window(failed=25, positives=47), "errors"),
        (window(scores=(500, *(0,) * 9)), "score_shift"),
        (window(positives=150), "decision_rate"),
        (window(positives=10), "decision_rate"),
        (window(disagreements=170), "disagreement"),
    ],
)
def test_each_breaks_at_its_bound_and_only_if_it_is_asked_for(bad: Window, name: str) -> None:
    assert broken(bad) == [name]
    assert broken(bad, names=tuple(other for other in ALL if other != name)) == []


@pytest.mark.parametrize("sums", [{"failed": 6, "positives": 49}, {"positives": 104}, {"disagreements": 140}])
def test_what_chance_explains_breaks_nothing(sums: dict[str, Any]) -> None:
    assert broken(window(**sums)) == []


def test_few_events_tell_nothing_and_are_put_together() -> None:
    few: dict[str, Any] = {"rows": 90, "failed": 90, "positives": 0}
    found = guarded(ALL, [window(**few), window(1, **few)], (), EXPECTED)
    assert [(one.passed, one.value) for one in found] == [(False, None)] * 4
    assert found[0].detail == f"errors: not measured yet; 180 events of {EVENTS}"
    assert broken(*(window(day, (), **few) for day in range(3))) == ["errors"]


def test_only_the_newest_windows_count() -> None:
    assert broken(window(failed=400, positives=10), window(1)) == []
    assert broken(window(), window(1, failed=400, positives=10)) == ["errors"]


def test_without_a_hold_out_nothing_is_measured_against_it() -> None:
    found = guarded(ALL, [window()], (), Expected(None, None))
    assert [one.name for one in found if one.value is None and not one.passed] == ["score_shift", "decision_rate"]


def test_the_rate_of_decisions_on_the_hold_out() -> None:
    assert expected_rate(MEASURED) == pytest.approx(0.1)
    assert expected_rate({}) is None
    assert expected_rate({"confusion": {}}) is None


def test_without_labels_the_rate_of_the_rows_as_they_came_is_expected() -> None:
    counts = {"true_positives": 40, "false_positives": 10, "false_negatives": 10, "true_negatives": 490}
    assert expected_rate({"confusion": counts}, ANOMALY) == 0.02
    assert expected_rate({"confusion": counts}, BINARY) == 50 / 550
    assert expected_rate({}, ANOMALY) is None


def times(*served: Served, cost: Any = COST) -> Any:
    (found,) = guarded(("latency",), (), served, Expected(None, None, cost))
    return found


def test_times_are_bounded_by_what_calls_and_rows_may_take_in_the_staging_test() -> None:
    # a call may take 4 · 0.125 + 0.5 ms, and 1,000 rows 4 · 1.75 + 5 ms
    slow, in_one_call = times(Served(400, 96, 101.0)), times(Served(400, 1, 101.0))
    assert (slow.passed, slow.value, slow.bound) == (False, 252.5, pytest.approx(252.0))
    assert slow.detail == "latency: is broken, 252.5 ms for 1,000 rows must not be above 252; 400 rows in 96 calls"
    assert in_one_call.bound == pytest.approx(14.5)
    assert [is_broken(one) for one in (slow, in_one_call)] == [True, True]
    assert times(Served(400, 96, 100.7)).passed


def test_times_of_few_rows_or_without_a_promise_are_not_measured() -> None:
    few, unpromised = times(Served(120, 1, 1e9), Served(EVENTS - 121, 1, 1e9)), times(Served(500, 1, 1e9), cost=None)
    assert [(one.passed, one.value, is_broken(one)) for one in (few, unpromised)] == [(False, None, False)] * 2
    assert few.detail == "latency: not measured yet; 199 events of 200"
    assert is_broken(times(Served(120, 1, 1e9), Served(EVENTS - 120, 1, 1e9)))


def test_times_and_windows_are_measured_apart() -> None:
    expected = Expected(None, None, COST)
    served, few = [Served(300, 1, 1.0)], window(rows=20, failed=20)
    told = guarded(("errors", "latency"), [few], served, expected)
    assert [(one.name, one.value is None) for one in told] == [("errors", True), ("latency", False)]
    told = guarded(("latency", "errors"), [window()], (), expected)
    assert [(one.name, one.value is None) for one in told] == [("latency", True), ("errors", False)]


@pytest.mark.parametrize(
    ("rows", "left"), [((), 0), ((150, 30), 2), ((150, 50), 2), ((150, 199, 1), 2), ((9, 200), 1), ((200, 150, 49), 3)]
)
def test_the_newest_are_as_few_as_hold_enough(rows: tuple[int, ...], left: int) -> None:
    assert newest(rows, int) == rows[len(rows) - left :]
