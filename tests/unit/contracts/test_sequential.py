"""The bet: valid at every look, and strong enough."""

import numpy as np
import pytest

from services.contracts.sequential import Floats, interval, log_capital


def blocks(rng: np.random.Generator, count: int, rows: int, mean: float, memory: float) -> Floats:
    """Means of blocks of consecutive values that resemble their neighbours, cut to -1 and 1."""
    noise = rng.normal(0, 1, count * rows)
    values = np.empty_like(noise)
    last = 0.0
    for place, one in enumerate(noise.tolist()):
        last = memory * last + one
        values[place] = last
    means: Floats = np.clip(values.reshape(count, rows).mean(axis=1) + mean, -1, 1)
    return means


def ever(values: Floats, alpha: float) -> tuple[bool, bool]:
    """Whether it was ever called better, and ever worse, by someone who looked after each block."""
    won = [bool((log_capital(its, 0.0) >= -np.log(alpha / 2)).any()) for its in (values, -values)]
    return won[0], won[1]


def test_nothing_is_known_of_nothing() -> None:
    assert interval(np.array([]), 0.05) == pytest.approx((-1.0, 1.0))


def test_equal_models_are_told_apart_no_oftener_than_alpha_says_however_often_one_looks() -> None:
    rng = np.random.default_rng(11)
    found = [ever(blocks(rng, 60, 100, 0.0, 0.8), 0.1) for _ in range(200)]
    wrong = sum(better or worse for better, worse in found)
    # 20 are allowed on average; so few at 200 tries with a chance of 0.1 lie below 32 in 99.7 % of times
    assert wrong <= 31
    assert wrong >= 1


def test_single_rows_that_resemble_their_neighbours_would_fool_it() -> None:
    rng = np.random.default_rng(12)
    rows = [blocks(rng, 1_000, 1, 0.0, 0.98) for _ in range(20)]
    assert sum(any(ever(values, 0.1)) for values in rows) > 10


def test_who_looks_sees_what_the_interval_says() -> None:
    values = np.array([0.9, 0.8, 0.9, 0.7, 0.9, 0.9, -0.2])
    for count in range(1, len(values) + 1):
        low, _ = interval(values[:count], 0.2)
        assert (low > 0) is bool(log_capital(values[:count], 0.0)[-1] > np.log(2 / 0.2))


def test_a_true_advantage_is_found() -> None:
    rng = np.random.default_rng(13)
    found = [ever(np.clip(rng.normal(0.8, 0.4, 14), -1, 1), 0.05) for _ in range(40)]
    assert sum(better for better, _ in found) >= 36
    assert not any(worse for _, worse in found)


def test_it_holds_the_mean_and_narrows() -> None:
    values = np.clip(np.random.default_rng(14).normal(0.3, 0.3, 400), -1, 1)
    spans = [interval(values[:count], 0.05) for count in (20, 100, 400)]
    assert all(low < values.mean() < high for low, high in spans)
    widths = [high - low for low, high in spans]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.25


def test_it_is_the_same_in_both_directions() -> None:
    values = np.array([0.5, -0.2, 0.9, 0.4, 0.7])
    low, high = interval(values, 0.05)
    assert interval(-values, 0.05) == pytest.approx((-high, -low))


def test_even_numbers_at_the_very_ends_are_taken() -> None:
    low, high = interval(np.ones(30), 0.05)
    assert 0 < low < high <= 1
    assert interval(-np.ones(30), 0.05)[1] < 0
