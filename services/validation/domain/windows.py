"""Profiles of the inputs, a window of event time at a time.

A window closes when the watermark reaches its end. An event that is accepted after its window has closed counts in the
oldest open one, so that every accepted event is in exactly one profile and a closed profile never changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.contracts.entries import Changes, told
from services.contracts.expression import Kind
from services.contracts.profile import FieldProfile

Payload = Mapping[str, Any]
Value = dict[str, Any]
_MOST_WAITING = 1_000


@dataclass(slots=True)
class Window:
    """The open profile of one window. up_to_seq: number of the last event in it.

    waiting: rows that are not in `fields` yet; a column of few costs nearly as much as one of many.
    """

    rows: int = 0
    up_to_seq: int = -1
    fields: dict[str, FieldProfile] = field(default_factory=dict)
    waiting: list[Payload] = field(default_factory=list)

    def update(self, rows: Sequence[Payload], up_to_seq: int) -> None:
        """Take in rows."""
        self.rows += len(rows)
        self.up_to_seq = max(self.up_to_seq, up_to_seq)
        self.waiting += rows

    def fold(self, kinds: Mapping[str, Kind]) -> None:
        """Let nothing wait; `kinds` names the fields that are profiled."""
        rows, self.waiting = self.waiting, []
        if not rows:
            return
        for name, kind in kinds.items():
            profile = self.fields.setdefault(name, FieldProfile(name))
            values = [row[name] for row in rows]
            if kind == "category":
                profile.update_categories([None if value is None else str(value) for value in values])
            else:
                profile.update_numbers(np.array(values, dtype=np.float64))

    def copy(self) -> "Window":
        """An equal one that changes on its own."""
        fields = {name: found.copy() for name, found in self.fields.items()}
        return Window(self.rows, self.up_to_seq, fields, self.waiting.copy())

    def to_plain(self) -> list[Any]:
        """Plain values for a snapshot, while nothing waits."""
        return [self.rows, self.up_to_seq, [found.to_plain() for found in self.fields.values()]]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> "Window":
        """The window of which `to_plain` gave `plain`."""
        rows, up_to_seq, fields = plain
        profiles = [FieldProfile.from_plain(found) for found in fields]
        return cls(rows, up_to_seq, {found.name: found for found in profiles})


@dataclass(slots=True)
class OpenWindows:
    """Open windows by number (window n is [n, n + 1) times the length); `closed`: the first that isn't closed yet."""

    open: dict[int, Window] = field(default_factory=dict)
    closed: int | None = None
    touched: set[int] = field(default_factory=set)
    kinds: Mapping[str, Kind] = field(default_factory=dict, compare=False)

    def apply(self, change: "WindowChange") -> None:
        """Take in what a batch changed."""
        self.closed, self.kinds = change.closed, change.kinds
        for number, (rows, up_to_seq) in change.added.items():
            window = self.open.setdefault(number, Window())
            window.update(rows, up_to_seq)
            if len(window.waiting) >= _MOST_WAITING:
                window.fold(self.kinds)
        ended = [number for number in self.open if self.closed is not None and number < self.closed]
        for number in ended:
            del self.open[number]
        self.touched.update(change.added, ended)

    def changes(self, prefix: bytes) -> Changes:
        """What differs from what was told before, as a table under a prefix; `closed` apart."""
        touched, self.touched = self.touched, set()
        for number in touched & self.open.keys():
            self.open[number].fold(self.kinds)
        return told(prefix, touched, {number: self.open[number].to_plain() for number in touched & self.open.keys()})

    @classmethod
    def load(cls, closed: int | None, table: Mapping[int, Sequence[Any]]) -> "OpenWindows":
        """The windows that told this table."""
        return cls({number: Window.from_plain(plain) for number, plain in table.items()}, closed)


@dataclass(frozen=True, slots=True)
class WindowChange:
    """What a batch makes of the windows. added: rows of those left open, and the number of the last event."""

    added: Mapping[int, tuple[Sequence[Payload], int]]
    closed: int | None
    kinds: Mapping[str, Kind]


class WindowBatch:
    """Works through a batch, leaving the windows it began with as they are.

    length: of a window, in microseconds.
    """

    def __init__(self, windows: OpenWindows, kinds: Mapping[str, Kind], length: int, partition: int) -> None:
        self._windows, self._kinds, self._length, self._partition = windows, kinds, length, partition
        self._rows: dict[int, list[Payload]] = {}
        self._up_to: dict[int, int] = {}
        self._closed = windows.closed

    def update(self, time: int, seq: int, payload: Payload) -> None:
        """Take in the next accepted event."""
        number = time // self._length
        if self._closed is not None and number < self._closed:
            number = self._closed
        self._rows.setdefault(number, []).append(payload)
        self._up_to[number] = seq

    def close(self, watermark: int | None) -> list[Value]:
        """The profiles that end at this watermark: `ProfileClosed` values in the order of time.

        Windows without rows are left out, but for the last, which tells readers how far the partition is.
        """
        if watermark is None or (first := watermark // self._length) == self._closed:
            return []
        ended = sorted(number for number in {*self._rows, *self._still_open()} if number < first)
        profiles = [self._profile(number, self._take(number), first) for number in ended]
        if not ended or ended[-1] != first - 1:
            profiles.append(self._profile(first - 1, Window(), first))
        self._closed = first
        return profiles

    def change(self) -> WindowChange:
        """What is left open at the end of the batch."""
        added = {number: (rows, self._up_to[number]) for number, rows in self._rows.items()}
        return WindowChange(added, self._closed, self._kinds)

    def _still_open(self) -> list[int]:
        closed = self._closed
        return [number for number in self._windows.open if closed is None or number >= closed]

    def _take(self, number: int) -> Window:
        base = self._windows.open.get(number)
        window = base.copy() if base is not None else Window()
        if rows := self._rows.pop(number, []):
            window.update(rows, self._up_to[number])
        window.fold(self._kinds)
        return window

    def _profile(self, number: int, window: Window, first: int) -> Value:
        return {
            "stream": "inputs",
            "window_start": number * self._length,
            "window_end": (number + 1) * self._length,
            "version": "",
            "slice": "",
            "partition": self._partition,
            "up_to_seq": window.up_to_seq,
            "rows": window.rows,
            "positives": 0,
            "correct": 0,
            "censored": 0,
            "fields": [found.to_record() for found in window.fields.values()],
            "errors": [],
            "closed_at": first * self._length,
            "decided": 0,
            "saturated": 0,
            "promised": 0.0,
            "beside": 0,
            "cost": None,
            "reliability": [],
            "pairs": [],
        }
