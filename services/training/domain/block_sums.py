"""What measures are made of: sums over blocks of rows, which a bootstrap counts as often as it likes."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.training.domain.cohort import Floats

Blocks: TypeAlias = NDArray[np.intp]
"""Number of each row's block, 0 to B - 1 [rows]."""

Measure: TypeAlias = Callable[[Floats], Floats]
"""From countings [R, B] to values [R]; NaN where the measure isn't defined (no row of a class)."""


def sums(columns: Floats, blocks: Blocks) -> Floats:
    """Sum of each column [rows, K] in each block: [B, K]."""
    count = int(blocks.max(initial=-1)) + 1
    return np.stack([np.bincount(blocks, column, count) for column in columns.T], axis=1)


def ratio(top: Floats, bottom: Floats) -> Floats:
    """NaN where there is nothing to divide by."""
    found: Floats = np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0)
    return found


def mean_of(values: Floats, blocks: Blocks) -> Measure:
    """The mean over the rows of their values [rows]."""
    summed = sums(np.stack([values, np.ones(len(values))], axis=1), blocks)

    def measure(counts: Floats) -> Floats:
        total = counts @ summed
        return ratio(total[:, 0], total[:, 1])

    return measure
