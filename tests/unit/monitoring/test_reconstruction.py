import numpy as np
import pytest

from services.contracts.rank_correlation import RankCorrelation
from services.monitoring.domain.reconstruction import matrix_of, reconstruction_error


def rows(shared: float, count: int = 4000) -> RankCorrelation:
    """Six columns that have a share of their variance in common."""
    rng = np.random.default_rng(3)
    values = shared**0.5 * rng.normal(size=(count, 1)) + (1 - shared) ** 0.5 * rng.normal(size=(count, 6))
    return RankCorrelation.of("abcdef", values)


def test_what_goes_together_is_told_from_few_components() -> None:
    tight, loose = rows(0.9), rows(0.0)
    assert reconstruction_error(tight, tight) < 0.15
    assert reconstruction_error(tight, loose) > 0.8
    assert reconstruction_error(tight, rows(0.5)) == pytest.approx(0.43, abs=0.03)


def test_it_is_the_mean_squared_error_of_rows() -> None:
    rng = np.random.default_rng(3)
    ranks = rng.permuted(np.tile(np.arange(50.0), (3, 1)), axis=1).T
    ranks = (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)
    reference = rows(0.9)
    current = RankCorrelation.of("abc", ranks)
    three = RankCorrelation("abc", reference.rows[[0, 1, 5]], reference.products[[0, 1, 5]])  # type: ignore[arg-type]
    sizes, vectors = np.linalg.eigh(matrix_of(three))
    kept = vectors[:, [sizes.argmax()]]
    error = ((ranks - ranks @ kept @ kept.T) ** 2).sum(axis=1).mean() / 3
    assert reconstruction_error(three, current) == pytest.approx(error)
