"""How well columns can be told from the principal components that some others of them have."""

import numpy as np
import numpy.typing as npt

from services.contracts.rank_correlation import RankCorrelation

Floats = npt.NDArray[np.float64]

SHARE = 0.65
"""Of the reference's variance, which its components hold at least (NannyML's default)."""


def reconstruction_error(reference: RankCorrelation, current: RankCorrelation) -> float:
    """Share of the variance of standardised ranks that the reference's principal components leave, from 0 to 1: the
    mean squared error of reconstructing rows from them, without the rows (Jackson and Mudholkar 1979).
    """
    sizes, vectors = np.linalg.eigh(matrix_of(reference))
    held = np.cumsum(sizes[::-1]) / sizes.sum()
    kept = vectors[:, ::-1][:, : int(np.searchsorted(held, SHARE)) + 1]
    explained = float(np.trace(kept.T @ matrix_of(current) @ kept))
    return 1.0 - explained / len(reference.names)


def matrix_of(found: RankCorrelation) -> Floats:
    """The coefficients [k, k], 1 on the diagonal."""
    matrix = np.eye(len(found.names))
    upper = np.triu_indices(len(found.names), 1)
    matrix[upper] = matrix.T[upper] = found.coefficients
    return matrix
