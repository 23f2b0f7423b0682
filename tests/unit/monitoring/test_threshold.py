import numpy as np

from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of

Floats = "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"


def autocorrelated(rng: np.random.Generator, count: int, phi: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    values = np.zeros(count)
    for i in range(1, count):
        values[i] = phi * values[i - 1] + rng.normal(0, (1 - phi**2) ** 0.5)
    return values


def alarms(reference: int, phi: float, allowed: float, season: int = 7, seeds: int = 60) -> float:
    """Alarms in a horizon after a reference of so many windows, mean over seeds."""
    count = 0
    for seed in range(seeds):
        values = autocorrelated(np.random.default_rng(seed), reference + horizon_of(season), phi)
        limit = excess_limit(values[:reference], 0.25, season, allowed, seed)
        cusum = Cusum(float(values[:reference].mean()), 0.5, limit)
        count += sum(cusum.update(float(value), 0) == "raised" for value in values[reference:])
    return count / seeds


def test_stationary_data_alarm_no_more_often_than_stated() -> None:
    # 95 % bound of a Poisson count with the stated mean
    allowed, seeds = 0.2, 60
    bound = allowed + 1.65 * (allowed / seeds) ** 0.5
    assert alarms(28, 0.0, allowed, seeds=seeds) <= 1.5 * bound
    assert alarms(28, 0.5, allowed, seeds=seeds) <= 1.5 * bound


def test_drawing_single_windows_would_promise_too_much() -> None:
    values = autocorrelated(np.random.default_rng(3), 56, 0.8)
    assert excess_limit(values, 0.25, 7, 0.2, 1) > 1.2 * excess_limit(values, 0.25, 1, 0.2, 1)


def test_fewer_alarms_cost_a_higher_limit_and_a_short_reference_does_too() -> None:
    values = np.random.default_rng(1).normal(size=28)
    assert excess_limit(values, 0.25, 7, 0.02, 1) > excess_limit(values, 0.25, 7, 0.5, 1)
    assert excess_limit(np.tile(values[:7], 1), 0.25, 7, 0.2, 1) > excess_limit(np.tile(values[:7], 4), 0.25, 7, 0.2, 1)


def test_the_same_names_give_the_same_limit() -> None:
    values = np.random.default_rng(1).normal(size=14)
    seed = seed_of("payments", "inputs", "amount", "m1")
    assert excess_limit(values, 0.1, 7, 0.2, seed) == excess_limit(values, 0.1, 7, 0.2, seed)


def test_a_constant_reference_gives_no_excess() -> None:
    assert excess_limit(np.full(14, 0.3), 0.05, 7, 0.2, 1) == 0.0
    assert excess_limit(np.array([0.3]), 0.05, 7, 0.2, 1) == 0.0
