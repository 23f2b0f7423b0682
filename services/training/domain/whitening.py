"""Columns made alike and independent, so that what is unusual is so in some direction, whatever depends on what."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import PowerTransformer, RobustScaler, StandardScaler

from services.training.domain.cohort import Floats

_LEAST, _MOST = -2.0, 4.0
"""Of powers: beyond them the greatest float32 would be too great even for float64."""
_APART = 1e-6
"""Powers are so far from 0 and 2, where they would be logarithms."""
_DEPENDENT = 1e-8
"""Directions with a smaller part of the greatest variance are rounding."""


class Whitening(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Each column is scaled by its quartiles, bent to be as normal as a power makes it (Yeo and Johnson 2000) and
    standardised; then all are turned to directions that don't depend on each other, each with variance 1.

    The last column says how far out a row lies in the direction in which it lies farthest, which trees that look at one
    direction at a time would seldom see. In float64; what comes out is float32. Directions end where the rows ended
    that were learnt from: a tree can't tell what lies beyond from the last of these. Missing numbers are imputed
    before.
    """

    def fit(self, columns: Any, _label: Any = None) -> "Whitening":
        """columns: numbers [rows, columns]."""
        values = np.asarray(columns, np.float64)
        self.scale_: Floats = RobustScaler(with_centering=False).fit(values).scale_
        self.power_: Floats = _powers(values / self.scale_)
        even = self._even(values)
        standard = StandardScaler().fit(even)
        self.mean_: Floats = standard.mean_
        self.directions_: Floats = _directions(standard.transform(even)) / standard.scale_[:, None]
        turned = (even - self.mean_) @ self.directions_
        self.least_, self.most_ = turned.min(axis=0), turned.max(axis=0)
        return self

    def transform(self, columns: Any) -> Any:
        """float32 [rows, directions + 1]."""
        turned = (self._even(np.asarray(columns, np.float64)) - self.mean_) @ self.directions_
        clipped = np.clip(turned, self.least_, self.most_)
        return np.column_stack([clipped, np.abs(clipped).max(axis=1)]).astype(np.float32)

    def _even(self, values: Floats) -> Floats:
        scaled, power = values / self.scale_, self.power_
        above = ((np.maximum(scaled, 0) + 1) ** power - 1) / power
        even: Floats = above - ((1 - np.minimum(scaled, 0)) ** (2 - power) - 1) / (2 - power)
        return even


def _powers(scaled: Floats) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns in which hardly anything differs
        found = PowerTransformer(standardize=False).fit(scaled).lambdas_
    found = np.clip(np.where(np.isfinite(found), found, 1.0), _LEAST, _MOST)
    for value in (0.0, 2.0):
        found = np.where(np.abs(found - value) < _APART, value + _APART, found)
    return found


def _directions(standard: Floats) -> Floats:
    """Those of the principal components, of variance 1 [columns, directions]: by falling variance, the greatest part of
    each positive."""
    variance, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
    kept = np.flatnonzero(variance > _DEPENDENT * max(float(variance[-1]), _DEPENDENT))[::-1]
    if not len(kept):  # nothing differs at all
        return np.zeros((standard.shape[1], 1))
    turned = vectors[:, kept]
    greatest = turned[np.abs(turned).argmax(axis=0), np.arange(len(kept))]
    directions: Floats = turned * np.sign(greatest) / np.sqrt(variance[kept])
    return directions
