"""Served values against recomputed ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.skew import SkewCount

Singles = NDArray[np.float32]
ROUNDING = 1e-6
"""Greatest relative difference that is none: some eight steps of single precision, between processors and libraries."""


def of_numbers(names: Sequence[str], expected: Singles, served: Singles) -> list[SkewCount]:
    """Both float32 [rows, features], NaN where there is no value."""
    ours, theirs = expected.astype(np.float64), served.astype(np.float64)
    has, got = ~np.isnan(ours), ~np.isnan(theirs)
    apart = np.abs(ours - theirs) > ROUNDING * np.maximum(np.abs(ours), np.abs(theirs))
    return _counted(names, len(ours), has & got & apart, has & ~got, ~has & got)


def of_texts(names: Sequence[str], expected: NDArray[Any], served: NDArray[Any]) -> list[SkewCount]:
    """Both texts [rows, categories], empty where there is no value."""
    has, got = expected != "", served != ""
    return _counted(names, len(expected), has & got & (expected != served), has & ~got, ~has & got)


def _counted(names: Sequence[str], rows: int, *parts: NDArray[Any]) -> list[SkewCount]:
    sums = zip(names, *(part.sum(axis=0).tolist() for part in parts), strict=True)
    return [SkewCount(name, rows, *counts) for name, *counts in sums]
