"""How many of some rows may be decided positive by a budget."""

from dataclasses import replace

import numpy as np
import pytest

from services.contracts.pipeline import Rate
from services.training.domain.budget import Budget, allowance
from services.training.domain.evaluation import Evaluation, evaluate
from tests.unit.training.rows import DAY, made_rows, made_task

ROWS = made_rows(days=10, a_day=50)
SPAN = (ROWS.event_time[-1] - ROWS.event_time[0]) / DAY


@pytest.mark.parametrize(("rate", "a_day"), [("7/day", 7), ("14/2d", 7), ("1/hour", 24), ("7/week", 1)])
def test_it_grows_with_the_time_of_the_rows(rate: str, a_day: float) -> None:
    assert allowance(ROWS, Rate.read(rate)) == pytest.approx(a_day * SPAN)
    first_half = ROWS.take(ROWS.event_time < 5 * DAY)
    assert allowance(first_half, Rate.read(rate)) == pytest.approx(a_day * 5, rel=0.05)


def test_events_without_a_label_take_their_share() -> None:
    """Of the rows of its time one in three has a label; what lies before and after doesn't count."""
    inside = np.sort(np.concatenate([ROWS.event_time] * 3))
    traffic = np.concatenate([[-DAY, -1], inside, [20 * DAY]])
    assert allowance(replace(ROWS, traffic=traffic), Rate.read("6/day")) == pytest.approx(2 * SPAN)


def test_of_nothing_or_of_one_moment_nothing_may_be() -> None:
    assert allowance(ROWS.take(np.arange(0)), Rate.read("6/day")) == 0
    assert allowance(ROWS.take(np.arange(1)), Rate.read("6/day")) == 0
    assert Budget.spent(1, ROWS.take(np.arange(1)), Rate.read("6/day")) == Budget("6/day", None)


def test_what_was_decided_is_told_as_events_a_period() -> None:
    assert Budget.spent(30, ROWS, Rate.read("6/day")).decided == pytest.approx(30 / SPAN)
    thrice = replace(ROWS, traffic=np.sort(np.concatenate([ROWS.event_time] * 3)))
    assert Budget.spent(30, thrice, Rate.read("6/day")).decided == pytest.approx(90 / SPAN)


def test_a_run_keeps_to_it_on_the_validation_and_tells_what_it_came_to_on_the_hold_out() -> None:
    rows, task = made_rows(), made_task()
    baseline = np.full(len(rows), 0.4)
    few = replace(task, space=replace(task.space, at_most=Rate.read("5/day")))
    free, bound = (evaluate(rows, one, baseline, None) for one in (task, few))
    assert isinstance(free, Evaluation)
    assert isinstance(bound, Evaluation)
    assert free.budget is None
    assert bound.threshold > free.threshold
    assert bound.budget is not None
    assert bound.budget.decided == pytest.approx(5, abs=2)
    holdout = rows.take(bound.split.holdout)
    decided = (bound.evaluated.scores(holdout.inputs) >= bound.threshold).sum()
    assert bound.budget == Budget.spent(int(decided), holdout, Rate.read("5/day"))
