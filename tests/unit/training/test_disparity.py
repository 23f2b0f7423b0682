"""Distances between groups are those of counting by hand, and counting a block twice is having its rows twice."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.contracts.pipeline.metric import DISPARITIES
from services.training.domain.disparity import spread

ROWS = 600
RNG = np.random.default_rng(2)
GROUPS: NDArray[np.intp] = RNG.integers(0, 3, ROWS)
LABEL = (RNG.random(ROWS) < 0.4).astype(np.int8)
DECIDED = RNG.random(ROWS) < 0.2 + 0.2 * GROUPS
ONE_BLOCK: NDArray[np.intp] = np.zeros(ROWS, np.intp)


def value(metric: str, chosen: NDArray[np.intp]) -> float:
    measure = spread(metric, LABEL[chosen], DECIDED[chosen], GROUPS[chosen], ONE_BLOCK[chosen])
    return float(measure(np.ones((1, 1)))[0])


def rates(label: int | None) -> list[float]:
    """Share decided positive of each group, of the rows of a class."""
    chosen = [group == GROUPS for group in range(3)]
    return [float(DECIDED[its if label is None else its & (label == LABEL)].mean()) for its in chosen]


def test_parity_is_the_distance_of_the_shares_decided_positive() -> None:
    shares = rates(None)
    assert value("demographic_parity", np.arange(ROWS)) == pytest.approx(max(shares) - min(shares))


def test_equalised_odds_is_the_greater_distance_of_hits_and_of_false_alarms() -> None:
    distances = [max(shares) - min(shares) for shares in (rates(1), rates(0))]
    assert distances[0] != distances[1]
    assert value("equalised_odds", np.arange(ROWS)) == pytest.approx(max(distances))


@pytest.mark.parametrize("metric", sorted(DISPARITIES))
def test_who_decides_of_all_alike_is_at_no_distance(metric: str) -> None:
    measure = spread(metric, LABEL, np.ones(ROWS, bool), GROUPS, ONE_BLOCK)
    assert measure(np.ones((1, 1))).tolist() == [0]


@pytest.mark.parametrize("metric", sorted(DISPARITIES))
def test_counting_blocks_is_repeating_their_rows(metric: str) -> None:
    blocks = np.arange(ROWS) // 120
    counts = np.array([1.0, 0.0, 2.0, 1.0, 1.0])
    repeated = np.repeat(np.arange(ROWS), counts[blocks].astype(int))
    found = spread(metric, LABEL, DECIDED, GROUPS, blocks)(counts[None])
    assert found[0] == pytest.approx(value(metric, repeated), abs=1e-12)


def test_a_group_without_a_class_has_no_odds() -> None:
    label = np.where(GROUPS == 2, 0, LABEL).astype(np.int8)
    measure = spread("equalised_odds", label, DECIDED, GROUPS, ONE_BLOCK)
    assert np.isnan(measure(np.ones((1, 1)))[0])
