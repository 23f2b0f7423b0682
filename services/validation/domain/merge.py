"""The order of the one log: events and labels by when they became known, labels first on a tie.

Each side keeps its own order. The side that is ahead is held back until the other has passed it, or has come to its end
and been quiet for a while. What is chosen becomes a fact of the log. Live, no such pause is waited for: both ends mean
now.

A single record dated far ahead would hold back its whole side, and the other would run away from it: in a replay,
labels would be learnt of years too early. So a record is astray when both that follow it lie more than the allowed
lateness before it; it is taken at once. Whether it is must be seen before the other side goes ahead of it.
"""

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Protocol

from services.contracts.record import POISON, Record

KnownAt = Callable[[Record], int | None]
"""When a record became known, in microseconds; None for one that can be taken at once, wherever it stands."""

FOLLOWERS = 2
"""So many that follow a record must lie before it: two producers may be a little apart, and one event may be late."""


class Side(Protocol):
    """What waits of one topic. ended: nothing more lies on the broker. quiet_ms: for how long nothing has come."""

    records: deque[Record]
    ended: bool
    quiet_ms: float


class Front:
    """The first record of a side, with what is known of it while it is the first."""

    def __init__(self, side: Side, known_at: KnownAt, lateness: int) -> None:
        self._side, self._known_at, self._lateness = side, known_at, lateness
        self.records = side.records
        self.known: int | None = None
        self._astray: bool | None = None
        self._look()

    def pop(self) -> Record:
        """Take it; the next is the first."""
        record = self.records.popleft()
        self._look()
        return record

    def is_astray(self) -> bool | None:
        """Whether it is dated far ahead of what follows it; None while too few that follow it have been read."""
        if self._astray is None and self.known is not None:
            # what can't be read has no time, and says nothing of that of others
            times = (self._known_at(record) for record in islice(self.records, 1, None))
            found = list(islice((known for known in times if known is not None), FOLLOWERS))
            earlier = [known < self.known - self._lateness for known in found]
            if not all(earlier) or len(earlier) == FOLLOWERS or self._side.ended:
                self._astray = all(earlier) and len(earlier) == FOLLOWERS
        return self._astray

    def _look(self) -> None:
        self.known = self._known_at(self.records[0]) if self.records else None
        self._astray = None


def is_past(side: Side, idle_ms: float) -> bool:
    """Whether nothing that comes on this side needs to be waited for."""
    return not side.records and side.ended and side.quiet_ms >= idle_ms


def take_merged(
    events: Side, labels: Side, known_at: KnownAt, limit: int, idle_ms: float, lateness: int
) -> list[Record]:
    """Pop up to `limit` records that may be processed now, in the order of the log. lateness: in microseconds."""
    taken: list[Record] = []
    first, second = Front(events, known_at, lateness), Front(labels, known_at, lateness)
    while len(taken) < limit and events.records and labels.records:
        front = _next(first, second)
        if front is None:
            return taken
        taken.append(front.pop())
    for side, other in ((events, labels), (labels, events)):
        _take_rest(side, other, known_at, limit, idle_ms, taken)
    return taken


def _next(events: Front, labels: Front) -> Front | None:
    """Whose record comes next; None while that can't be told yet."""
    if labels.known is None:
        return labels
    if events.known is None:
        return events
    earlier, later = (events, labels) if events.known < labels.known else (labels, events)
    astray = later.is_astray()
    if astray is None:
        return None
    return later if astray else earlier


def _take_rest(side: Side, other: Side, known_at: KnownAt, limit: int, idle_ms: float, taken: list[Record]) -> None:
    if other.records:
        return
    free = is_past(other, idle_ms)
    while side.records and len(taken) < limit and (free or known_at(side.records[0]) is None):
        taken.append(side.records.popleft())


def is_unreadable(record: Record) -> bool:
    """Whether a record will become a dead letter and so needs no place among the others."""
    return record.kind == POISON
