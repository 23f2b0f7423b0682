"""A replay is cut into chunks of event time, at whose ends the whole chain comes to rest."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows `start` up to `stop` (exclusive), all known before `end`, a multiple of the step since 1970 UTC."""

    start: int
    stop: int
    end: int


def chunks(times: NDArray[np.int64], step: int) -> Iterator[Chunk]:
    """Cut ascending times (microseconds) at multiples of `step`.

    A stretch of steps without rows gives one empty chunk, so that time passes before the rows that follow it.
    """
    if not len(times):
        return
    number = times // step
    starts = [0, *(int(at) + 1 for at in np.flatnonzero(np.diff(number)))]
    previous: int | None = None
    for start, stop in zip(starts, [*starts[1:], len(times)], strict=True):
        begin = int(number[start]) * step
        if previous is not None and begin > previous:
            yield Chunk(start, start, begin)
        previous = begin + step
        yield Chunk(start, stop, previous)


def last_tick(end: int, maturity: int, window: int) -> int:
    """The time that must have passed after a replay that ended at `end`, so that every outcome is final."""
    return -(-(end + maturity) // window) * window + window
