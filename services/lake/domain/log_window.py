"""Where a window of event time ends in a log, by the log alone: at the same record whenever it is looked at.

As the watermark has it: at the third event past the end of the window among at most a thousand in a row, so that one
or two that are dated far ahead end nothing.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.contracts.watermark import RANK, REMEMBERED

Times = NDArray[np.int64]


@dataclass(slots=True)
class LogWindow:
    """Looks for the end of one window, stretch by stretch.

    length: microseconds. number: of the window (n is [n, n + 1) times the length); at the beginning of a log None, then
    that of the earliest of its first three events.
    """

    length: int
    number: int | None = None
    _recent: Times = field(default_factory=lambda: np.empty(0, np.int64))

    def update(self, times: Times) -> int | None:
        """Take in the event times of the next stretch; how many of them belong to the window if it ends there."""
        before = len(self._recent)
        seen = np.concatenate((self._recent, times))
        if self.number is None and len(seen) >= RANK:
            self.number = int(seen[:RANK].min()) // self.length
        if self.number is None or not len(times):
            self._recent = seen
            return None
        past = np.cumsum(seen >= (self.number + 1) * self.length, dtype=np.int64)
        past[REMEMBERED:] -= past[:-REMEMBERED].copy()
        found = np.flatnonzero(past >= RANK)
        last = int(found[0]) + 1 if len(found) else len(seen)
        self._recent = seen[:last][-REMEMBERED:]
        return last - before if len(found) else None

    def next(self) -> "LogWindow":
        """The window that is open once this one has ended."""
        third = int(np.sort(self._recent)[-RANK])
        return LogWindow(self.length, third // self.length)
