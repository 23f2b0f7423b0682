from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.moments import Moments

NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False, max_value=1e150, min_value=-1e150), max_size=40)


def moments_of(values: list[float]) -> Moments:
    moments = Moments()
    moments.update(np.array(values))
    return moments


@given(NUMBERS)
def test_equal_the_exact_fractions_rounded_once(values: list[float]) -> None:
    moments = moments_of(values)
    exact = [Fraction(value) for value in values]
    mean = sum(exact, Fraction()) / len(exact) if exact else Fraction()
    assert moments.mean == float(mean)
    assert moments.sum == float(sum(exact, Fraction()))
    assert moments.m2 == float(sum(((value - mean) ** 2 for value in exact), Fraction()))


@given(NUMBERS, st.integers(0, 40))
def test_do_not_depend_on_batches(values: list[float], cut: int) -> None:
    parts = moments_of(values[:cut])
    parts.update(np.array(values[cut:]))
    assert parts == moments_of(values)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_merge_in_any_order(a: list[float], b: list[float], c: list[float]) -> None:
    left, right = moments_of(a), moments_of(c)
    left.merge(moments_of(b))
    left.merge(moments_of(c))
    right.merge(moments_of(a))
    right.merge(moments_of(b))
    assert left == right == moments_of(b + c + a)


@given(NUMBERS)
def test_come_back_from_their_rounded_values(values: list[float]) -> None:
    moments = moments_of(values)
    again = Moments.of(moments.count, moments.mean, moments.m2)
    assert (again.count, again.mean, again.m2) == (moments.count, moments.mean, moments.m2)


def test_a_small_spread_around_a_large_mean_is_not_lost() -> None:
    values = [1e9 + 0.25, 1e9 + 0.75]
    assert (moments_of(values).mean, moments_of(values).m2) == (1e9 + 0.5, 0.125)


def test_the_greatest_numbers_do_not_overflow() -> None:
    greatest = float(np.finfo(np.float64).max)
    assert moments_of([greatest, greatest]).mean == greatest
    assert moments_of([greatest, -greatest]).m2 == greatest


def test_the_smallest_numbers_are_not_lost() -> None:
    assert moments_of([2e-323, 1.0, -1.0, 0.0]).mean == 5e-324
