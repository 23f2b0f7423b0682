"""An interval holds the share of labels that it states, whatever the errors are like."""

import numpy as np
import pytest

from services.training.domain.conformal import half_width


@pytest.mark.parametrize("coverage", [0.5, 0.9])
@pytest.mark.parametrize("skewed", [False, True])
def test_further_labels_lie_within_as_often_as_stated(coverage: float, skewed: bool) -> None:
    rng, held = np.random.default_rng(1), []
    for _ in range(400):
        errors = rng.exponential(3, 60) if skewed else rng.normal(0, 3, 60)
        width = half_width(errors[:50], np.zeros(50), coverage)
        assert width is not None
        held.append(np.mean(np.abs(errors[50:]) <= width))
    assert np.mean(held) == pytest.approx(coverage + 0.5 * (1 - coverage) / 50, abs=0.02)


def test_it_is_the_smallest_of_the_errors_seen_that_is_enough() -> None:
    assert half_width(np.arange(1.0, 10.0), np.zeros(9), 0.9) == 9.0
    assert half_width(np.arange(1.0, 20.0), np.zeros(19), 0.9) == 18.0


def test_few_rows_promise_nothing() -> None:
    assert half_width(np.arange(8.0), np.zeros(8), 0.9) is None
