"""The entries of a partition as its state has them, and what a batch changes of them."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.contracts.entries import Changes, Entries

_UNKNOWN: Any = object()
_NONE: Changes = {}
_ENTRY_BYTES = 250
"""About what an entry takes in memory beside its key and value."""
ORDERED = 10
"""Bytes of a number in a key."""
_BIAS: int = 1 << 8 * ORDERED - 1


def ordered(number: int) -> bytes:
    """Bytes in the order of the numbers, for keys."""
    return (number + _BIAS).to_bytes(ORDERED, "big")


def number_of(key: bytes) -> int:
    """The number of which `ordered` made the bytes."""
    return int.from_bytes(key, "big") - _BIAS


class Ledger:
    """Entries not told yet, those told lately, and all of them behind.

    Of what was told, about as many bytes stay in memory as the entries behind have room for: what follows an event
    soon finds it there.
    """

    __slots__ = ("_earlier", "_entries", "_recent", "_size", "_untold")

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._untold: dict[bytes, bytes | None] = {}
        self._recent: dict[bytes, bytes | None] = {}
        self._earlier: dict[bytes, bytes | None] = {}
        self._size = 0

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys, None for one that isn't there; those behind by one look for all."""
        untold, recent, earlier = self._untold.get, self._recent.get, self._earlier.get
        values = [untold(key, recent(key, earlier(key, _UNKNOWN))) for key in keys]
        missing = [place for place, value in enumerate(values) if value is _UNKNOWN]
        if missing:
            found = self._entries.get([keys[place] for place in missing])
            for place, value in zip(missing, found, strict=True):
                values[place] = value
        return values

    def items(self, prefix: bytes, changed: Changes = _NONE) -> list[tuple[bytes, bytes]]:
        """All entries whose keys begin with `prefix`, in the order of their keys. changed: further changes."""
        found: dict[bytes, bytes | None] = dict(self._entries.items(prefix))
        for part in (self._earlier, self._recent, self._untold, changed):
            found.update((key, value) for key, value in part.items() if key.startswith(prefix))
        return sorted((key, value) for key, value in found.items() if value is not None)

    def apply(self, changed: Changes) -> None:
        """Make changes."""
        self._untold.update(changed)

    def changes(self) -> dict[bytes, bytes | None]:
        """What differs from what was told before. From now on the entries behind must give it."""
        told, self._untold = self._untold, {}
        self._recent.update(told)
        self._size += sum(map(len, told)) + sum(map(len, filter(None, told.values()))) + len(told) * _ENTRY_BYTES
        if self._size > self._entries.room // 2:
            self._earlier, self._recent, self._size = self._recent, {}, 0
        return told


class LedgerDraft:
    """Changes to a ledger, seen through them but kept apart. What is loaded is at hand; else each look is one of its
    own."""

    __slots__ = ("_ledger", "_loaded", "changed")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._loaded: dict[bytes, bytes | None] = {}
        self.changed: dict[bytes, bytes | None] = {}

    def load(self, keys: Iterable[bytes]) -> None:
        """Have these at hand, by one look for all."""
        absent = [key for key in keys if key not in self.changed and key not in self._loaded]
        self._loaded.update(zip(absent, self._ledger.get(absent), strict=True))

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, None if there is none."""
        if key in self.changed:
            return self.changed[key]
        if key not in self._loaded:
            self.load([key])
        return self._loaded[key]

    def passing(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys, which are not kept at hand."""
        changed = self.changed.get
        return [changed(key, value) for key, value in zip(keys, self._ledger.get(keys), strict=True)]

    def items(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """All entries whose keys begin with `prefix`, in the order of their keys."""
        return self._ledger.items(prefix, self.changed)


class Nothing:
    """No entries behind a ledger: all that it holds stays in memory."""

    room = sys.maxsize

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """None of them is there."""
        return [None] * len(keys)

    def items(self, _prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """There are none."""
        return iter(())
