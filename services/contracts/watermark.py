"""The watermark of a partition: how far its event time is believed to be complete."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Self

REMEMBERED = 1000
"""How many of the last accepted events are looked at."""

RANK = 3
"""The watermark is this highest of their times, so that one or two events dated far ahead change nothing."""


class Watermark:
    """Third-highest event time of the last 1,000 accepted events, or the greatest tick if that is later; never falls.

    Times are microseconds since 1970 UTC. None before the third event or the first tick.

        >>> watermark = Watermark()
        >>> for time in (10, 30, 20):
        ...     watermark.update_event(time)
        >>> watermark.value
        10
    """

    __slots__ = ("_recent", "_sorted", "value")

    def __init__(self, value: int | None = None, recent: Iterable[int] = (), in_order: list[int] | None = None) -> None:
        self.value: int | None = value
        self._recent: deque[int] = deque(recent, REMEMBERED)
        self._sorted = sorted(self._recent) if in_order is None else in_order

    def update_event(self, time: int) -> None:
        """Take in the next accepted event."""
        if len(self._recent) == REMEMBERED:
            del self._sorted[bisect_left(self._sorted, self._recent[0])]
        self._recent.append(time)
        insort(self._sorted, time)
        if len(self._sorted) >= RANK:
            self.update_tick(self._sorted[-RANK])

    def update_tick(self, time: int) -> None:
        """Take in that time has passed up to `time`."""
        if self.value is None or time > self.value:
            self.value = time

    def copy(self) -> Self:
        """An equal watermark that changes on its own."""
        return type(self)(self.value, self._recent, self._sorted.copy())

    def to_list(self) -> list[int | None]:
        """The value, then the remembered times from the oldest to the newest."""
        return [self.value, *self._recent]

    @classmethod
    def from_list(cls, plain: Sequence[int | None]) -> Self:
        """The watermark of which `to_list` gave `plain`."""
        value, *recent = plain
        return cls(value, [time for time in recent if time is not None])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Watermark) and self.to_list() == other.to_list()

    def __hash__(self) -> int:
        return hash(tuple(self.to_list()))
