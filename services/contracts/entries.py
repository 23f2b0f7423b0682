"""What a state keeps outside itself: entries, told as they change and found again by key."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgpack

K = TypeVar("K")

Changes = Mapping[bytes, bytes | None]
"""Entries by key, None for one that is gone. A key is never empty."""


class Entries(Protocol):
    """The entries of one partition's state, as its changes left them.

    room: bytes of memory that the state may fill with entries that it could ask for again.
    """

    @property
    def room(self) -> int: ...

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """The values of keys, None for one that isn't there."""
        ...

    def items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All entries whose keys begin with `prefix`, in the order of their keys."""
        ...


def told(prefix: bytes, touched: Iterable[K], table: Mapping[K, Any]) -> Changes:
    """Changes of a table under a prefix: what the touched keys hold now. Keys and values as MessagePack has them."""
    return {prefix + msgpack.packb(key): msgpack.packb(table[key]) if key in table else None for key in touched}


def table_of(entries: Entries, prefix: bytes) -> dict[Any, Any]:
    """The table that was told under a prefix; lists come back as tuples, whole numbers as keys in their order."""
    start = len(prefix)
    return {
        msgpack.unpackb(key[start:], use_list=False): msgpack.unpackb(value, use_list=False)
        for key, value in entries.items(prefix)
    }
