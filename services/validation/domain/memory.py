"""Keys seen lately, kept until the watermark has passed their time by the allowed lateness."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from services.contracts.entries import Changes, told

K = TypeVar("K", bound=Hashable)

_PARTS = 8


class Memory(Generic[K]):
    """Key → time of those whose time isn't more than `lateness` (microseconds) before the watermark.

    Forgetting goes by buckets of time; which keys are left depends on what was added and on the last watermark only,
    never on how often it was told.
    """

    __slots__ = ("_buckets", "_times", "_touched", "_width", "lateness")

    def __init__(self, lateness: int, times: Mapping[K, int] | None = None) -> None:
        self.lateness = lateness
        self._width = max(lateness // _PARTS, 1_000_000)
        self._times: dict[K, int] = {}
        self._buckets: dict[int, list[K]] = {}
        self._touched: set[K] = set()
        self.add((times or {}).items())
        self._touched.clear()

    def add(self, items: Iterable[tuple[K, int]]) -> None:
        """Remember keys with their times; a known key takes the new time."""
        for key, time in items:
            self._times[key] = time
            self._touched.add(key)
            self._buckets.setdefault(time // self._width, []).append(key)

    def has(self, key: K, watermark: int | None) -> bool:
        """Whether the key is known and its time still counts at this watermark."""
        time = self._times.get(key)
        return time is not None and (watermark is None or time >= watermark - self.lateness)

    def forget(self, watermark: int | None) -> None:
        """Let go of what no longer counts."""
        if watermark is None:
            return
        first = (watermark - self.lateness) // self._width
        for bucket in [bucket for bucket in self._buckets if bucket < first]:
            for key in self._buckets.pop(bucket):
                if self._times.get(key, first * self._width) // self._width < first:
                    del self._times[key]
                    self._touched.add(key)

    def changes(self, prefix: bytes) -> Changes:
        """What differs from what was told before, as a table under a prefix."""
        touched, self._touched = self._touched, set()
        return told(prefix, touched, self._times)

    def __iter__(self) -> Iterator[K]:
        return iter(self._times)

    def __len__(self) -> int:
        return len(self._times)


class Additions(Generic[K]):
    """What a batch adds to a memory, which stays as it is until `items` are added to it."""

    __slots__ = ("_memory", "items")

    def __init__(self, memory: Memory[K]) -> None:
        self._memory = memory
        self.items: dict[K, int] = {}

    def has(self, key: K, watermark: int | None) -> bool:
        """Whether the memory with the additions has the key."""
        time = self.items.get(key)
        if time is None:
            return self._memory.has(key, watermark)
        return watermark is None or time >= watermark - self._memory.lateness

    def add(self, key: K, time: int) -> None:
        """Remember a key with its time."""
        self.items.pop(key, None)
        self.items[key] = time
