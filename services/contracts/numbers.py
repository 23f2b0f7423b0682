"""Numbers that a model may see: what features give is finite or missing, and so is what is read of them."""

import numpy as np
from numpy.typing import NDArray


def finite(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same numbers, NaN in place of infinite ones: learners refuse those, and files score them somehow."""
    odd = np.isinf(numbers)
    return np.where(odd, np.float32(np.nan), numbers) if odd.any() else numbers
