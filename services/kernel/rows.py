"""The rows of a partition's entities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.contracts.entries import Changes, Entries
from services.kernel.plan import Plan
from services.kernel.tables import Ints

_NEW = -1
_KEY_BYTES = 250
"""About what a key takes in memory beside its row."""
_FEWEST = 1_000
_CHUNK = 4_096
_UNTOLD = 50_000
"""About how many rows are new between two askings for changes, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """Copies of the rows that a batch touches, to be changed and put back after the commit.

    slots: int64 [records], each record's row in `rows`. rows: int64 [distinct keys, row_bytes / 8]. keys: the distinct
    keys, in order of first appearance. home: int64 [distinct keys], where in memory each key's row is, -1 if it isn't.
    version: of the state from which the copies were taken.
    """

    slots: Ints
    rows: Ints
    keys: tuple[str, ...]
    home: Ints
    version: int


class EntityRows:
    """The committed rows of one partition by key: those touched lately in memory, all among the entries behind them.

    Without entries behind, all rows stay in memory. A row in memory takes row_bytes and about 250 bytes.
    """

    def __init__(self, plan: Plan, entries: Entries | None = None) -> None:
        self._plan, self._entries = plan, entries
        # places are given in the order in which keys come, so the keys in their order are those of the rows
        self._slots: dict[str, int] = {}
        self._rows = plan.empty(0)
        self._touched = np.empty(0, np.int64)
        self._version = self._told = 0
        self._most = max(entries.room // (plan.row_bytes + _KEY_BYTES), _FEWEST) if entries is not None else 0

    def __len__(self) -> int:
        """How many rows are in memory."""
        return len(self._slots)

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
        names = tuple(distinct)
        if self._entries is not None and not known.all():
            self._read(self._entries, names, np.flatnonzero(~known), rows)
        return Staged(slots, rows, names, home, self._version)

    def _read(self, entries: Entries, names: tuple[str, ...], absent: NDArray[np.intp], rows: Ints) -> None:
        """Fill in the rows that aren't in memory. ValueError for an entry that is no row of this layout."""
        found = entries.get([_entry(names[place]) for place in absent.tolist()])
        kept = [place for place, row in zip(absent.tolist(), found, strict=True) if row is not None]
        data = b"".join(row for row in found if row is not None)
        if len(data) != len(kept) * self._plan.row_bytes:
            raise ValueError(f"feature state: {len(kept)} rows of {self._plan.row_bytes} bytes take {len(data)} bytes")
        rows[kept] = np.frombuffer(data, "<i8").reshape(len(kept), rows.shape[1])

    def scatter(self, staged: Staged) -> None:
        """Make staged rows the committed ones. ValueError if the state has changed since they were gathered."""
        if staged.version != self._version:
            raise ValueError("staged rows are older than the state: scatter each batch before the next is gathered")
        new = staged.home == _NEW
        home = staged.home.copy()
        home[new] = np.arange(len(self), len(self) + np.count_nonzero(new))
        self._reserve(len(self) + int(np.count_nonzero(new)))
        self._version += 1
        self._rows[home], self._touched[home] = staged.rows, self._version
        self._slots.update((staged.keys[place], int(home[place])) for place in np.flatnonzero(new))

    def changes(self) -> Changes:
        """The rows that changed since this was asked last; those among the others touched least lately are let go of.

        From now on `entries` must give what is told here.
        """
        keys = list(self._slots)
        dirty = np.flatnonzero(self._touched[: len(keys)] > self._told)
        changed: dict[bytes, bytes | None] = {}
        for start in range(0, len(dirty), _CHUNK):
            changed.update(self._copied(keys, dirty[start : start + _CHUNK]))
        self._told = self._version
        if self._entries is not None:
            self._evict(keys)
        return changed

    def _copied(self, keys: list[str], slots: NDArray[np.intp]) -> Iterator[tuple[bytes, bytes]]:
        size, data = self._plan.row_bytes, self._rows[slots].astype("<i8", copy=False).tobytes()
        entries = map(_entry, map(keys.__getitem__, slots.tolist()))
        return zip(entries, (data[at : at + size] for at in range(0, len(data), size)), strict=True)

    def _evict(self, keys: list[str]) -> None:
        """Let go of rows until three quarters of the most are left, if there are more than the most."""
        if len(keys) <= self._most:
            return
        leave = len(keys) - self._most * 3 // 4
        kept = np.sort(np.argpartition(self._touched[: len(keys)], leave)[leave:])
        # each moves to a place before its own, so a part at a time needs no second copy of all
        for start in range(0, len(kept), _CHUNK):
            part = kept[start : start + _CHUNK]
            self._rows[start : start + len(part)] = self._rows[part]
        self._touched[: len(kept)] = self._touched[kept]
        self._slots = dict(zip(map(keys.__getitem__, kept.tolist()), range(len(kept)), strict=True))
        self._version += 1

    def _reserve(self, size: int) -> None:
        if size > len(self._rows):
            # memory counts from when it is first written to: room for all at once costs less than growing
            planned = self._most + _UNTOLD if self._entries is not None else 64
            room = max(size, len(self._rows) * 3 // 2, planned)
            self._rows, self._touched = _widened(self._rows, len(self), room), _widened(self._touched, len(self), room)


def _widened(array: Ints, length: int, room: int) -> Ints:
    """The first of an array's rows, and room that is not written to."""
    wider = np.empty((room, *array.shape[1:]), array.dtype)
    wider[:length] = array[:length]
    return wider


def _entry(key: str) -> bytes:
    return f"e{key}".encode()
