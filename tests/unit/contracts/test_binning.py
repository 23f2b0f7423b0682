import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.binning import UNIT_BINS, Binning, binning_of, finite

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def bin_of(binning: Binning, value: float) -> int:
    return int(binning.bin_of(np.array([value]))[0])


@given(NUMBERS)
def test_a_number_lies_between_the_edges_of_its_bin(value: float) -> None:
    for binning in Binning:
        low, high = binning.edges(bin_of(binning, value))
        assert low <= value <= high


@given(NUMBERS, NUMBERS)
def test_bins_keep_the_order_of_the_numbers(a: float, b: float) -> None:
    for binning in Binning:
        low, high = sorted((a, b))
        assert bin_of(binning, low) <= bin_of(binning, high)


@given(NUMBERS)
def test_negative_numbers_mirror_the_positive_ones(value: float) -> None:
    assert bin_of(Binning.SIGNED_LOG, -value) == -bin_of(Binning.SIGNED_LOG, value)


@pytest.mark.parametrize("value", [1e-300, 0.013, 1.0, 1.5, 17.0, 8.25e9, 1e300])
def test_a_bin_is_at_most_a_sixteenth_wide(value: float) -> None:
    low, high = Binning.SIGNED_LOG.edges(bin_of(Binning.SIGNED_LOG, value))
    assert 0.03 < (high - low) / low <= 1 / 16


def test_zero_has_a_bin_of_its_own() -> None:
    assert bin_of(Binning.SIGNED_LOG, 0.0) == bin_of(Binning.SIGNED_LOG, -0.0) == 0
    assert bin_of(Binning.SIGNED_LOG, 5e-324) == 1
    assert Binning.SIGNED_LOG.edges(0) == (0.0, 0.0)


def test_infinite_values_fall_into_the_outermost_bins() -> None:
    top = bin_of(Binning.SIGNED_LOG, math.inf)
    assert top == bin_of(Binning.SIGNED_LOG, 1.797e308) == -bin_of(Binning.SIGNED_LOG, -math.inf)
    assert Binning.SIGNED_LOG.edges(top)[1] == math.inf
    assert finite(np.array([math.nan, math.inf, 2.0])).tolist() == [np.finfo(float).max, 2.0]


def test_probabilities_have_two_hundred_equal_bins() -> None:
    values = [-0.1, 0.0, 0.0049, 0.005, 0.9999, 1.0, 1.1]
    assert [bin_of(Binning.UNIT, value) for value in values] == [-1, 0, 0, 1, 199, 199, UNIT_BINS]
    assert Binning.UNIT.edges(199) == (0.995, 1.0)


def test_only_scores_are_probabilities() -> None:
    assert binning_of("score") is Binning.UNIT
    assert binning_of("amount") is Binning.SIGNED_LOG
