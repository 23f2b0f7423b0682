"""What is due when: a queue in order of time of which a batch can take without changing it."""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", int, str)


class Deadlines(Generic[K]):
    """Keys by time, earliest first, ties by key."""

    __slots__ = ("items",)

    def __init__(self, items: list[tuple[int, K]]) -> None:
        self.items: list[tuple[int, K]] = sorted(items)

    def apply(self, branch: "DeadlineBranch[K]") -> None:
        """Make the changes of a branch."""
        del self.items[: branch.taken]
        added = sorted(branch.added)
        in_order = not added or not self.items or self.items[-1] <= added[0]
        self.items += added
        if not in_order:
            self.items.sort()


class DeadlineBranch(Generic[K]):
    """Additions to and takings from `base`, which stays as it is. taken: how many of the base's first are gone."""

    __slots__ = ("_base", "added", "taken")

    def __init__(self, base: Deadlines[K]) -> None:
        self._base: list[tuple[int, K]] = base.items
        self.taken = 0
        self.added: list[tuple[int, K]] = []

    def add(self, time: int, key: K) -> None:
        """Let a key be due at a time."""
        heappush(self.added, (time, key))

    def due(self, now: int) -> Iterator[tuple[int, K]]:
        """Take what is due at or before `now`, in order."""
        while (first := self._first()) is not None and first[0] <= now:
            if self.added and first is self.added[0]:
                heappop(self.added)
            else:
                self.taken += 1
            yield first

    def _first(self) -> tuple[int, K] | None:
        held = self._base[self.taken] if self.taken < len(self._base) else None
        added = self.added[0] if self.added else None
        if held is None or added is None:
            return held or added
        return held if held <= added else added
