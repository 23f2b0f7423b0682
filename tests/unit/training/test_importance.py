import numpy as np

from services.training.domain.importance import importance
from services.training.domain.measurement import Wanted
from tests.unit.training.fitted import fitted
from tests.unit.training.rows import CATEGORIES, DAY, NUMBERS, made_rows

WANTED = Wanted("roc_auc", 0.95, DAY)


def test_what_the_label_depends_on_comes_first_and_the_rest_is_within_chance() -> None:
    fresh = made_rows(seed=9)
    first, second, third = importance(fitted("hist_boosting"), 0.5, fresh, WANTED, seed=1)
    assert (first.input, second.input) == (NUMBERS[0], CATEGORIES[0])
    assert first.loss.low is not None
    assert first.loss.low > 0.1
    assert second.loss.low is not None
    assert second.loss.low > 0
    assert third.input == NUMBERS[1]
    assert abs(third.loss.value) < 0.01
    assert first.loss.blocks == 60


def test_a_loss_that_is_better_when_lower_counts_the_same_way() -> None:
    found = importance(fitted("logistic"), 0.5, made_rows(seed=9), Wanted("log_loss", 0.95, DAY), seed=1)
    assert found[0].input == NUMBERS[0]
    assert found[0].loss.value > 0.05


def test_it_is_the_same_again_and_leaves_the_rows_as_they_are() -> None:
    fresh = made_rows(days=20, seed=9)
    before = fresh.inputs.copy()
    first, again = (importance(fitted("logistic"), 0.5, fresh, WANTED, seed=4) for _ in range(2))
    assert [one.to_dict() for one in first] == [one.to_dict() for one in again]
    assert fresh.inputs.equals(before)


def test_of_many_rows_some_are_enough() -> None:
    rows = made_rows(days=60, a_day=200, seed=2)
    (first, *_) = importance(fitted("logistic"), 0.5, rows, WANTED, seed=4)
    assert first.loss.rows == 10_000
    assert np.isfinite(first.loss.value)
