import numpy as np

from services.monitoring.domain.changepoint import locate


def test_a_clear_change_is_found_where_it_is() -> None:
    rng = np.random.default_rng(1)
    times = [(10 * i, 10 * i + 9) for i in range(100)]
    values = np.where(np.arange(100) < 60, 0.2, 0.7) + rng.normal(0, 0.1, 100)
    change = locate(times, values, np.ones(100))
    assert change.low <= change.point <= change.high
    assert abs(change.point - 600) <= 10
    assert change.high - change.low <= 60


def test_the_interval_holds_the_truth_though_the_change_is_faint() -> None:
    times = [(10 * i, 10 * i + 9) for i in range(100)]
    inside = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        values = np.where(np.arange(100) < 60, 0.3, 0.5) + rng.normal(0, 0.3, 100)
        change = locate(times, values, np.ones(100))
        inside += change.low <= 600 <= change.high
    assert inside >= 45


def test_two_values_are_enough_and_constant_ones_are_no_error() -> None:
    assert locate([(0, 1), (2, 3)], np.array([0.1, 0.9]), np.ones(2)).point == 2
    assert locate([(0, 1), (2, 3), (4, 5)], np.zeros(3), np.ones(3)).low == 1
