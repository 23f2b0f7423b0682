from dataclasses import replace

import numpy as np

from services.contracts.histogram import Histogram
from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.stability import StabilityWatch
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at, numbers, policy


def window(day: int, failed: int = 0, saturated: int = 0, rows: int = 400, name: str = "score") -> Window:
    values = np.full(rows, 0.5)
    values[:failed] = np.nan
    fields = {name: Histogram.from_record(numbers(name, values))}
    return Window("scores", "m1", at(day), at(day + 1), at(day + 1), rows, fields, [], saturated=saturated)


def told(windows: list[Window], rule: bool = False, of: Policy | None = None) -> list[Fact]:
    watch = StabilityWatch(of or policy(), "m1", rule)
    return [fact for one in windows for fact in watch.update(one)]


def test_answers_that_fail_are_told_of_at_once_and_until_they_do_not_for_a_while() -> None:
    days = [window(day, failed=40 if 2 <= day < 4 else 0) for day in range(9)]
    raised, cleared = told(days)
    assert isinstance(raised, Raised)
    assert (raised.kind, raised.name, raised.value, raised.threshold) == ("numerical", "failed", 0.1, 0.01)
    assert raised.clock == at(3)
    assert raised.message.startswith("10.0% of the events have no answer by m1")
    assert isinstance(cleared, Cleared)
    assert cleared.clock == at(7)


def test_a_few_are_within_chance() -> None:
    assert told([window(day, failed=6) for day in range(20)]) == []


def test_scores_that_leave_no_doubt_are_too_many_where_more_than_usual() -> None:
    usual = [window(day, saturated=40) for day in range(8)]
    assert told([*usual, *(window(day, saturated=50) for day in range(8, 20))]) == []
    (raised,) = told([*usual, *(window(day, saturated=200) for day in range(8, 12))])
    assert isinstance(raised, Raised)
    assert (raised.name, raised.value, round(raised.threshold, 3)) == ("saturated", 0.5, 0.15)


def test_a_rules_scores_are_certain_and_numbers_have_no_certainty() -> None:
    days = [window(day, saturated=0 if day < 8 else 400) for day in range(20)]
    assert told(days, rule=True) == []
    of_numbers = [window(day, saturated=400, name="prediction", failed=40) for day in range(10)]
    (raised,) = told(of_numbers, of=replace(policy(), kind="regression"))
    assert isinstance(raised, Raised)
    assert raised.name == "failed"


def test_small_windows_are_put_together() -> None:
    assert len(told([window(day, failed=2, rows=20) for day in range(30)])) == 1
