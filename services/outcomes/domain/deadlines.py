"""What is due when: the next of it in memory, the rest where a calendar finds it by slots of time."""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeVar

from services.outcomes.domain.policy import Policy

K = TypeVar("K", bound=int | str)
_BEGINNING = -(2**63)
_FEWEST, _MOST = 16, 2_048
"""Keys that are loaded at once."""


class Calendar(Protocol[K]):
    """Keys that are due, by slots of time."""

    def ahead(self, first: int, last: int) -> tuple[list[tuple[int, K]], int]:
        """What is due next from the slot `first` on, times and keys in order, and the slot before which that is all.

        At least what lies in one slot; nothing behind `last`.
        """
        ...

    def load(self, keys: Sequence[K]) -> None:
        """Have at hand what will be asked of these."""
        ...


class Deadlines(Generic[K]):
    """What is due before the slot `horizon`, earliest first, ties by key."""

    __slots__ = ("horizon", "items")

    def __init__(self) -> None:
        self.horizon = _BEGINNING
        self.items: list[tuple[int, K]] = []

    def apply(self, draft: "DeadlinesDraft[K]") -> None:
        """Make the changes of a draft."""
        self.horizon, self.items = draft.horizon, draft.remaining()


class DeadlinesDraft(Generic[K]):
    """Additions to and takings from `base`, which stays as it is. soonest: nothing is due before that time."""

    __slots__ = ("_added", "_calendar", "_items", "_known", "_loaded", "_policy", "_taken", "horizon", "soonest")

    def __init__(self, base: Deadlines[K], policy: Policy, calendar: Calendar[K]) -> None:
        self._policy, self._calendar = policy, calendar
        self._added: list[tuple[int, K]] = []
        self._items, self._taken, self._loaded = base.items, 0, 0
        self.horizon, self._known, self.soonest = base.horizon, 0, 0
        self._look_to(base.horizon)

    def add(self, time: int, key: K) -> None:
        """Let a key be due at a time; of those behind the horizon the calendar tells."""
        if time < self._known:
            heappush(self._added, (time, key))
            self.soonest = min(self.soonest, time)

    def due(self, now: int) -> Iterator[tuple[int, K]]:
        """Take what is due at or before `now`, in order."""
        yield from self._next(now)
        # no further than time has come: of what lies ahead of it more would come to be held in memory
        most = self._policy.slot_of(now + self._policy.maturity)
        while self._policy.slot_of(now) >= self.horizon:
            self._items, self.horizon = self._calendar.ahead(self.horizon, most)
            self._taken = self._loaded = 0
            yield from self._next(now)
        self._look_to(self.horizon)

    def remaining(self) -> list[tuple[int, K]]:
        """What is still due before the horizon, in order."""
        if not self._added:
            return self._items[self._taken :] if self._taken else self._items
        return sorted([*self._items[self._taken :], *self._added])

    def _look_to(self, horizon: int) -> None:
        self.horizon = horizon
        self._known = self._policy.slot_start(horizon)
        first = self._first()
        self.soonest = self._known if first is None else first[0]

    def _next(self, now: int) -> Iterator[tuple[int, K]]:
        while (first := self._first()) is not None and first[0] <= now:
            if self._added and first is self._added[0]:
                heappop(self._added)
            else:
                self._load()
                self._taken += 1
            yield first

    def _first(self) -> tuple[int, K] | None:
        held = self._items[self._taken] if self._taken < len(self._items) else None
        added = self._added[0] if self._added else None
        if held is None or added is None:
            return held or added
        return held if held <= added else added

    def _load(self) -> None:
        """Have what comes next at hand; each time more, as more than a few seem to be due."""
        if self._taken == self._loaded:
            self._loaded += min(max(self._loaded, _FEWEST), _MOST)
            self._calendar.load([key for _, key in self._items[self._taken : self._loaded]])
