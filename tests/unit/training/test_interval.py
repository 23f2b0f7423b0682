"""Intervals by blocks: as wide as autocorrelated data need, narrow for paired differences."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.training.domain.interval import Answers, Bootstrap, advantage, measured
from services.training.domain.metric import value

ROWS = 600


def days(count: int = 20) -> NDArray[np.int64]:
    return np.arange(ROWS) * count // ROWS


def truth(seed: int = 0) -> NDArray[np.int8]:
    return (np.random.default_rng(seed).random(ROWS) < 0.5).astype(np.int8)


def guesses(label: NDArray[np.int8], right: float, seed: int) -> Answers:
    hit = np.random.default_rng(seed).random(len(label)) < right
    return Answers(np.where(hit, label, 1 - label).astype(float), 0.5)


def test_the_interval_lies_around_the_value() -> None:
    label = truth()
    answers = guesses(label, 0.8, 1)
    found = measured("accuracy", label, answers, Bootstrap.over(days(), 0.95, 0))
    assert found.value == value("accuracy", label, answers.score)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert found.high - found.low == pytest.approx(2 * 2.09 * np.sqrt(0.8 * 0.2 / ROWS), rel=0.4)
    assert (found.blocks, found.rows) == (20, ROWS)


def test_a_model_has_no_advantage_over_itself() -> None:
    label = truth()
    answers = guesses(label, 0.8, 1)
    found = advantage("roc_auc", label, answers, answers, Bootstrap.over(days(), 0.95, 0))
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_smaller_is_better_for_losses() -> None:
    label = truth()
    good, bad = guesses(label, 0.9, 1), guesses(label, 0.6, 2)
    found = advantage("brier", label, good, bad, Bootstrap.over(days(), 0.95, 0))
    assert found.low is not None
    assert found.low > 0


def test_one_block_gives_no_interval() -> None:
    label = truth()
    found = measured("accuracy", label, guesses(label, 0.8, 1), Bootstrap.over(np.zeros(ROWS, np.int64), 0.95, 0))
    assert (found.low, found.high, found.error) == (None, None, None)


def test_a_measure_that_few_resamples_define_gives_no_interval() -> None:
    label = np.zeros(ROWS, np.int8)
    label[:5] = 1
    found = measured("recall", label, guesses(label, 0.8, 1), Bootstrap.over(days(), 0.95, 0))
    assert found.low is None


def test_days_that_are_good_or_bad_as_a_whole_make_wide_intervals() -> None:
    label = truth()
    day = days()
    by_day = np.random.default_rng(3).random(20)[day] < 0.5
    whole = Answers(np.where(by_day, label, 1 - label).astype(float), 0.5)
    mixed = guesses(label, float(by_day.mean()), 4)
    wide = measured("accuracy", label, whole, Bootstrap.over(day, 0.95, 0))
    narrow = measured("accuracy", label, mixed, Bootstrap.over(day, 0.95, 0))
    assert wide.error is not None
    assert narrow.error is not None
    assert wide.error > 3 * narrow.error


def test_equal_models_are_called_different_as_rarely_as_stated() -> None:
    """200 pairs of equal models with good and bad days, at 95 %: five are expected on each side."""
    wins = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        quality = np.clip(0.75 + 0.15 * rng.normal(size=(2, 14)), 0, 1)
        day = np.arange(280) // 20
        label = (rng.random(280) < 0.5).astype(np.int8)
        one, other = (
            Answers(np.where(rng.random(280) < row[day], label, 1 - label).astype(float), 0.5) for row in quality
        )
        low = advantage("accuracy", label, one, other, Bootstrap.over(day, 0.95, seed)).low
        wins += low is not None and low > 0
    assert wins <= 11


def test_the_same_seed_gives_the_same_numbers() -> None:
    label = truth()
    first, second = (
        measured("roc_auc", label, guesses(label, 0.8, 1), Bootstrap.over(days(), 0.95, 5)) for _ in range(2)
    )
    assert first == second
