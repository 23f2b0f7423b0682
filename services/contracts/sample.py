"""Which answers are chosen for a closer look: a share of them, the same in every replay and evenly spread."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio (multiplicative hashing: Knuth, The Art of Computer Programming, 6.4)."""


class Sample:
    """A share of the events of a partition, by their numbers in it.

    Multiples of the golden ratio fill a circle evenly wherever one begins: of any n events in a row it takes share * n,
    give or take five, so that no batch has more to bear, and nobody who sends events can make it more.
    """

    def __init__(self, share: float) -> None:
        self._below = np.uint64(min(int(share * 2**64), 2**64 - 1))

    def chosen(self, seqs: Sequence[int]) -> NDArray[np.bool_]:
        """Whether each event is one of them. seqs: their numbers, dense within a partition."""
        found: NDArray[np.bool_] = np.array(seqs, np.int64).astype(np.uint64) * _GOLDEN <= self._below
        return found
