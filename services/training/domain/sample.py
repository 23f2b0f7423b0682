"""Rows that stand for all of them where looking at all would cost too much."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of the positions 0 to `count` - 1, evenly spread, the first and the last among them."""
    chosen: NDArray[Any] = np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.intp))
    return chosen
