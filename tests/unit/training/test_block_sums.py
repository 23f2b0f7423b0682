"""Sums over blocks, and what is made of them however often each block is counted."""

import numpy as np
import pytest

from services.training.domain.block_sums import mean_of, ratio, sums

VALUES, BLOCKS = np.array([1.0, 2.0, 4.0]), np.array([0, 1, 1])


def test_a_column_is_summed_in_each_block() -> None:
    assert sums(np.stack([VALUES, np.ones(3)], axis=1), BLOCKS).tolist() == [[1.0, 1.0], [6.0, 2.0]]


def test_a_block_that_is_counted_twice_weighs_twice() -> None:
    assert mean_of(VALUES, BLOCKS)(np.array([[1.0, 1.0], [2.0, 1.0]])) == pytest.approx([7 / 3, 8 / 4])


def test_nothing_over_nothing_is_not_defined() -> None:
    assert np.isnan(mean_of(VALUES, BLOCKS)(np.zeros((1, 2)))).all()
    assert np.isnan(ratio(np.ones(1), np.zeros(1))).all()
