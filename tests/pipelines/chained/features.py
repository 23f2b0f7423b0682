"""Row features of the pipeline."""

import numpy as np
from numpy.typing import NDArray

WEIGHTS = {"a": 1.0, "b": 2.0}


def odd(amount: NDArray[np.float64], kind: NDArray[np.object_], usual: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far an order is from the shop's usual one; orders of kind c have no weight, and are missing."""
    weights = np.array([WEIGHTS[one] for one in kind])
    found: NDArray[np.float64] = np.abs(amount - usual) * weights
    return found
