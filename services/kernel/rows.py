"""The rows of a partition's entities."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from services.kernel.plan import Plan
from services.kernel.tables import Ints

_MAGIC = b"DMKR1\n"
_HEAD = struct.Struct("<6s64sQQQ")
_NEW = -1


class LayoutMismatch(ValueError):
    """State was made with other feature definitions, or by another version of the kernel."""


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """Copies of the rows that a batch touches, to be changed and put back after the commit.

    slots: int64 [records], each record's row in `rows`. rows: int64 [distinct keys, row_bytes / 8]. keys: the distinct
    keys, in order of first appearance. home: int64 [distinct keys], the committed row of each key, -1 for a new one.
    version: of the state from which the copies were taken.
    """

    slots: Ints
    rows: Ints
    keys: tuple[str, ...]
    home: Ints
    version: int


class EntityRows:
    """The committed rows of one partition: a key's row, in memory. Memory: row_bytes and about 150 bytes an entity."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._slots: dict[str, int] = {}
        self._rows = plan.empty(0)
        self._version = 0

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: str) -> bool:
        return key in self._slots

    def gather(self, keys: Sequence[str]) -> Staged:
        """Copies of the rows of the keys (one for each record); rows without a past for new ones. Changes nothing."""
        distinct = dict.fromkeys(keys)
        get = self._slots.get
        home = np.fromiter((get(key, _NEW) for key in distinct), np.int64, len(distinct))
        places = dict(zip(distinct, range(len(distinct)), strict=True))
        slots = np.fromiter(map(places.__getitem__, keys), np.int64, len(keys))
        rows = self._plan.empty(len(distinct))
        known = home != _NEW
        rows[known] = self._rows[home[known]]
        return Staged(slots, rows, tuple(distinct), home, self._version)

    def scatter(self, staged: Staged) -> None:
        """Make staged rows the committed ones. ValueError if the state has changed since they were gathered."""
        if staged.version != self._version:
            raise ValueError("staged rows are older than the state: scatter each batch before the next is gathered")
        new = staged.home == _NEW
        home = staged.home.copy()
        home[new] = np.arange(len(self), len(self) + np.count_nonzero(new))
        self._reserve(len(self) + int(np.count_nonzero(new)))
        self._rows[home] = staged.rows
        self._slots.update((staged.keys[place], int(home[place])) for place in np.flatnonzero(new))
        self._version += 1

    def _reserve(self, size: int) -> None:
        if size > len(self._rows):
            grown = np.empty((max(size, len(self._rows) * 3 // 2, 64), self._rows.shape[1]), np.int64)
            grown[: len(self)] = self._rows[: len(self)]
            self._rows = grown

    def to_bytes(self) -> bytes:
        """All keys and rows, with the layout's digest."""
        keys = [key.encode() for key in self._slots]
        ends = np.fromiter(accumulate(map(len, keys)), "<i8", len(keys))
        names = b"".join(keys)
        head = _HEAD.pack(_MAGIC, self._plan.layout_digest.encode(), len(keys), len(names), self._plan.row_bytes)
        return b"".join((head, ends.tobytes(), names, self._rows[: len(keys)].astype("<i8", copy=False).tobytes()))

    @classmethod
    def from_bytes(cls, plan: Plan, data: bytes) -> "EntityRows":
        """The rows from `to_bytes`. LayoutMismatch for rows of another layout, ValueError for torn bytes."""
        if len(data) < _HEAD.size or not data.startswith(_MAGIC):
            raise ValueError("feature state: these bytes are not entity rows")
        _, digest, count, names_size, row_bytes = _HEAD.unpack_from(data)
        if digest.decode() != plan.layout_digest:
            raise LayoutMismatch(
                f"feature state was made with layout {digest.decode()[:12]}, the features need layout "
                f"{plan.layout_digest[:12]}: rebuild it by replaying the log from its start"
            )
        expected = _HEAD.size + 8 * count + names_size + count * row_bytes
        if len(data) != expected:
            raise ValueError(f"feature state: expected {expected} bytes, found {len(data)}: the file is torn")
        state = cls(plan)
        ends = np.frombuffer(data, "<i8", count, _HEAD.size).tolist()
        start = _HEAD.size + 8 * count
        names = data[start : start + names_size]
        state._slots = {names[a:b].decode(): i for i, (a, b) in enumerate(pairwise([0, *ends]))}
        rows = np.frombuffer(data, "<i8", count * row_bytes // 8, start + names_size)
        state._rows = rows.reshape(count, row_bytes // 8).astype(np.int64)
        return state
