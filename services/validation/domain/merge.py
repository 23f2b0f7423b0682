"""The order of the one log: events and labels by when they became known, labels first on a tie.

Each side keeps its own order. The side that is ahead is held back until the other has passed it, or has come to its end
and been quiet for a while. What is chosen becomes a fact of the log. Live, no such pause is waited for: both ends mean
now.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from services.contracts.record import POISON, Record

KnownAt = Callable[[Record], int | None]
"""When a record became known, in microseconds; None for one that can be taken at once, wherever it stands."""


class Side(Protocol):
    """What waits of one topic. ended: nothing more lies on the broker. quiet_ms: for how long nothing has come."""

    records: deque[Record]
    ended: bool
    quiet_ms: float


def is_past(side: Side, idle_ms: float) -> bool:
    """Whether nothing that comes on this side needs to be waited for."""
    return not side.records and side.ended and side.quiet_ms >= idle_ms


def take_merged(events: Side, labels: Side, known_at: KnownAt, limit: int, idle_ms: float) -> list[Record]:
    """Pop up to `limit` records that may be processed now, in the order of the log."""
    taken: list[Record] = []
    while len(taken) < limit and events.records and labels.records:
        taken.append(_earlier(events.records, labels.records, known_at).popleft())
    for side, other in ((events, labels), (labels, events)):
        _take_rest(side, other, known_at, limit, idle_ms, taken)
    return taken


def _earlier(events: deque[Record], labels: deque[Record], known_at: KnownAt) -> deque[Record]:
    label_known = known_at(labels[0])
    if label_known is None:
        return labels
    event_known = known_at(events[0])
    return events if event_known is None or event_known < label_known else labels


def _take_rest(side: Side, other: Side, known_at: KnownAt, limit: int, idle_ms: float, taken: list[Record]) -> None:
    if other.records:
        return
    free = is_past(other, idle_ms)
    while side.records and len(taken) < limit and (free or known_at(side.records[0]) is None):
        taken.append(side.records.popleft())


def is_unreadable(record: Record) -> bool:
    """Whether a record will become a dead letter and so needs no place among the others."""
    return record.kind == POISON
