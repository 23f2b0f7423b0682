import numpy as np
import pytest

from services.monitoring.domain.measure import Sums
from services.monitoring.domain.witness import witnesses

SINCE = 300


def told(values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> list[Sums]:
    """One value at each time."""
    return [Sums(at - 1, at, float(value), 50.0, 0.0) for at, value in enumerate(values)]


def noise(seed: int, count: int = 400) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return np.random.default_rng(seed).normal(0.1, 0.02, count)


@pytest.mark.parametrize("seed", range(3))
def test_a_rise_is_noticed_by_both_after_it_began(seed: int) -> None:
    values = noise(seed)
    values[SINCE + 1 :] += 0.06
    found = witnesses(told(values), SINCE, seed)
    assert [one.statistic for one in found] == ["page_hinkley", "kswin"]
    for one in found:
        assert one.at is not None
        assert SINCE < one.at < SINCE + 60
        assert one.value == pytest.approx(0.16, abs=0.01)


@pytest.mark.parametrize("change", [0.0, -0.06])
def test_nobody_notices_a_rise_where_there_is_none(change: float) -> None:
    values = noise(4)
    values[SINCE + 1 :] += change
    assert witnesses(told(values), SINCE, 1) == ()


def test_what_they_say_is_the_same_whenever_they_are_asked() -> None:
    values = noise(5)
    values[SINCE + 1 :] += 0.06
    assert witnesses(told(values), SINCE, 2) == witnesses(told(values), SINCE, 2)


@pytest.mark.parametrize(("since", "spread"), [(10, 1.0), (SINCE, 0.0)])
def test_without_enough_values_before_that_vary_they_say_nothing(since: int, spread: float) -> None:
    values = 0.1 + spread * (noise(6) - 0.1)
    values[since + 1 :] += 0.5
    assert witnesses(told(values), since, 1) == ()


def test_the_newest_values_are_enough_and_older_ones_do_not_matter() -> None:
    values = noise(7, 900)
    values[801:] += 0.06
    assert witnesses(told(values), 800, 3) == witnesses(told(values)[300:], 800, 3) != ()
