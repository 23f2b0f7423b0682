"""Columns come out independent and alike, whatever they were."""

import numpy as np
import pytest

from services.training.domain.whitening import Whitening


def skewed(count: int = 3_000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    base = rng.normal(size=count)
    return np.stack([np.exp(base), 1e4 * (base + 0.1 * rng.normal(size=count)), -np.exp(rng.normal(size=count))], 1)


def test_directions_are_independent_of_variance_one() -> None:
    found = Whitening().fit(skewed()).transform(skewed())[:, :-1].astype(np.float64)
    assert np.allclose(np.cov(found.T), np.eye(3), atol=0.01)


def test_a_skewed_column_is_hardly_so_afterwards() -> None:
    for column in (0, 2):
        alone = skewed()[:, [column]]
        found = Whitening().fit(alone).transform(alone)[:, 0].astype(np.float64)
        assert np.abs((found**3).mean()) < 0.3


def test_the_last_column_is_the_farthest_of_the_others() -> None:
    found = Whitening().fit(skewed()).transform(skewed())
    assert found.dtype == np.float32
    assert (found[:, -1] == np.abs(found[:, :-1]).max(axis=1)).all()


def test_what_breaks_a_dependence_lies_far_out_though_each_value_is_usual() -> None:
    made = Whitening().fit(skewed())
    usual, broken = made.transform(np.array([[np.exp(1.0), 1e4, -1.0], [np.exp(1.0), -1e4, -1.0]]))[:, -1]
    assert broken > 2 * usual


def test_nothing_lies_beyond_the_rows_that_were_learnt_from() -> None:
    made, edge = Whitening().fit(skewed()), float(np.finfo(np.float32).max)
    for row in (np.full((1, 3), edge), np.full((1, 3), -edge), np.zeros((1, 3))):
        found = made.transform(row)[:, :-1]
        assert np.isfinite(found).all()
        assert ((found >= made.least_.astype(np.float32)) & (found <= made.most_.astype(np.float32))).all()


@pytest.mark.parametrize("values", [np.zeros((50, 2)), np.ones((1, 1)), np.repeat(np.arange(40.0)[:, None], 2, axis=1)])
def test_columns_that_do_not_differ_or_repeat_others_are_no_directions(values: np.ndarray) -> None:
    found = Whitening().fit(values).transform(values)
    assert found.shape == (len(values), 2)
    assert np.isfinite(found).all()
