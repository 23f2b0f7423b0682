"""Where the reading of a batch of Avro records stands."""

from collections.abc import Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from services.chassis import varint
from services.chassis.varint import Ints

Rows = NDArray[np.intp] | slice
"""Some records of a batch by their numbers, or all."""

_PADDING = bytes(16)


class Cursor:
    """How far each record of a batch is read. wrong: rows that can't be read here; what is read of them is void.

    passing: only the places are looked for, and values are None.
    """

    passing = False

    def __init__(self, records: Sequence[bytes], start: int) -> None:
        self.joined = b"".join(records) + _PADDING
        self.data = np.frombuffer(self.joined, np.uint8)
        sizes = np.fromiter(map(len, records), np.int64, len(records))
        self.end = np.cumsum(sizes)
        self.at = self.end - sizes + start
        self.wrong = np.zeros(len(records), bool)

    def integers(self, rows: Rows) -> Ints:
        """The next integer of each row."""
        values, sizes = varint.read(self.data, self.at[rows])
        self._move(rows, sizes, sizes > varint.LONGEST)
        return values

    def spans(self, rows: Rows, sizes: Ints) -> tuple[Ints, Ints]:
        """Begin and end in `joined` of the next `sizes` bytes of each row."""
        before = self.at[rows].copy()
        self._move(rows, sizes, sizes < 0)
        return before, self.at[rows]

    def reject(self, rows: Rows, which: NDArray[np.bool_]) -> None:
        """Give some of the rows up."""
        self.wrong[rows] |= which

    def plain(self) -> NDArray[np.bool_]:
        """Which records were read to their ends, and nothing was wrong."""
        found: NDArray[np.bool_] = ~self.wrong & (self.at == self.end)
        return found

    def only(self, which: NDArray[np.bool_]) -> "Cursor":
        """Some of the records."""
        found = copy(self)
        found.at, found.end, found.wrong = self.at[which], self.end[which], self.wrong[which]
        found.passing = False
        return found

    def at_places(self, starts: Ints) -> "Cursor":
        """The same records, at other places."""
        found = copy(self)
        found.at, found.wrong = starts.copy(), self.wrong.copy()
        return found

    def places(self, rows: Rows) -> NDArray[np.intp]:
        """The rows by their numbers."""
        return np.arange(len(self.at)) if isinstance(rows, slice) else rows

    def _move(self, rows: Rows, sizes: Ints, wrong: NDArray[np.bool_]) -> None:
        at, end = self.at[rows], self.end[rows]
        wrong = wrong | (sizes > end - at)
        self.reject(rows, wrong)
        self.at[rows] = np.where(wrong, at, at + sizes)
