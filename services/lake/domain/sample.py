"""A stable sample of entities: those whose keys hash lowest, at most so many (bottom-k, Cohen and Kaplan 2007).

The limit only ever falls, so whoever is in the sample has been in it from the first record on: its history is whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

MOST = 200
"""Entities in a sample."""
_WIDTH = 8
_ALL = float(2 ** (8 * _WIDTH))


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample of all keys seen so far. lowest: their hashes, uint64 in order."""

    lowest: NDArray[Any] = field(default_factory=lambda: np.empty(0, "<u8"))
    most: int = MOST

    def update(self, hashes: NDArray[Any]) -> "Sample":
        """The sample after further keys; those seen before change nothing."""
        return Sample(np.union1d(self.lowest, hashes)[: self.most], self.most)

    def holds(self, hashes: NDArray[Any]) -> NDArray[np.bool_]:
        """Which keys are in it."""
        if len(self.lowest) < self.most:
            return np.ones(len(hashes), bool)
        return np.asarray(hashes <= self.lowest[-1])

    @property
    def share(self) -> float:
        """Share of all keys that is to be expected in it."""
        return 1.0 if len(self.lowest) < self.most else (float(self.lowest[-1]) + 1.0) / _ALL

    def to_bytes(self) -> bytes:
        """The hashes."""
        return self.lowest.astype("<u8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, most: int = MOST) -> Self:
        """The sample of which `to_bytes` gave `data`."""
        return cls(np.frombuffer(data, "<u8"), most)


def hashed(keys: Sequence[str]) -> NDArray[Any]:
    """A uint64 for each key, the same on every machine."""
    data = b"".join(blake2b(key.encode(), digest_size=_WIDTH).digest() for key in keys)
    return np.frombuffer(data, "<u8")
