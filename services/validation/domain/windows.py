"""Profiles of the inputs, a window of event time at a time.

A window closes when the watermark reaches its end. An event that is accepted after its window has closed counts in the
oldest open one, so that every accepted event is in exactly one profile and a closed profile never changes. Likewise
every refused event: in the window of its time if that is open and can be believed, else in the oldest open one; before
the first window has closed, in that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.contracts.entries import Changes, told
from services.contracts.expression import Kind
from services.contracts.profile import FieldProfile, blank_profile

Payload = Mapping[str, Any]
Value = dict[str, Any]
Refusals = dict[tuple[str, str], int]
"""How many events were refused, by field and rule, of each the first that it broke."""
_MOST_WAITING = 1_000
_UNPLACED = -(2**62)
"""Number under which refused events are kept of which the window isn't known before the first one has closed."""


@dataclass(slots=True)
class Window:
    """The open profile of one window. up_to_seq: number of the last event in it.

    waiting: rows that are not in `fields` yet; a column of few costs nearly as much as one of many. refused: events
    that count here.
    """

    rows: int = 0
    up_to_seq: int = -1
    fields: dict[str, FieldProfile] = field(default_factory=dict)
    waiting: list[Payload] = field(default_factory=list)
    refused: Refusals = field(default_factory=dict)

    def update(self, rows: Sequence[Payload], up_to_seq: int) -> None:
        """Take in rows."""
        self.rows += len(rows)
        self.up_to_seq = max(self.up_to_seq, up_to_seq)
        self.waiting += rows

    def refuse(self, refused: Refusals) -> None:
        """Take in refused events."""
        for broken, rows in refused.items():
            self.refused[broken] = self.refused.get(broken, 0) + rows

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
        return Window(self.rows, self.up_to_seq, fields, self.waiting.copy(), self.refused.copy())

    def to_plain(self) -> list[Any]:
        """Plain values for a snapshot, while nothing waits."""
        refused = [[*broken, rows] for broken, rows in sorted(self.refused.items())]
        return [self.rows, self.up_to_seq, [found.to_plain() for found in self.fields.values()], refused]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> "Window":
        """The window of which `to_plain` gave `plain`."""
        rows, up_to_seq, fields, refused = plain
        profiles = {found.name: found for found in map(FieldProfile.from_plain, fields)}
        return cls(rows, up_to_seq, profiles, refused={(name, rule): count for name, rule, count in refused})


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
        for number, refused in change.refused.items():
            self.open.setdefault(number, Window()).refuse(refused)
        ended = [number for number in self.open if self.closed is not None and number < self.closed]
        for number in ended:
            del self.open[number]
        self.touched.update(change.added, change.refused, ended)

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
    """What a batch makes of the windows. added: rows of those left open, and the number of the last event. refused:
    events that count in those left open.
    """

    added: Mapping[int, tuple[Sequence[Payload], int]]
    refused: Mapping[int, Refusals]
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
        self._refused: dict[int, Refusals] = {}
        self._closed = windows.closed

    def update(self, time: int, seq: int, payload: Payload) -> None:
        """Take in the next accepted event."""
        number = time // self._length
        if self._closed is not None and number < self._closed:
            number = self._closed
        self._rows.setdefault(number, []).append(payload)
        self._up_to[number] = seq

    def refuse(self, time: int | None, broken: tuple[str, str]) -> int | None:
        """Take in the next refused event, by field and rule; the start of the window in which it counts.

        time: its own, None where that can't be read or believed. None is given back before the first window has closed.
        """
        number = None if time is None else time // self._length
        if number is None or (self._closed is not None and number < self._closed):
            number = self._closed
        self._count(_UNPLACED if number is None else number, broken)
        return None if number is None else number * self._length

    def refused(self, start: int | None, broken: tuple[str, str]) -> None:
        """Take in an event that was refused before, of which `refuse` gave `start`; in any order with the others."""
        number = _UNPLACED if start is None else start // self._length
        if self._closed is None or number >= self._closed:
            self._count(number, broken)

    def _count(self, number: int, broken: tuple[str, str]) -> None:
        held = self._refused.setdefault(number, {})
        held[broken] = held.get(broken, 0) + 1

    def close(self, watermark: int | None, is_told: bool = False) -> list[Value]:
        """The profiles that end at this watermark: `ProfileClosed` values in the order of time.

        Windows without events are left out, but for the last, which tells readers how far the partition is. is_told:
        whether the source itself said that time has passed.
        """
        if watermark is None or (first := watermark // self._length) == self._closed:
            return []
        begun = {*self._rows, *self._refused, *self._still_open()}
        ended = {number: self._take(number) for number in sorted(begun) if _UNPLACED < number < first}
        ended.setdefault(first - 1, Window())
        if self._closed is None:
            next(iter(ended.values())).refuse(self._take(_UNPLACED).refused)
        self._closed = first
        return [self._profile(number, window, is_told) for number, window in ended.items()]

    def change(self) -> WindowChange:
        """What is left open at the end of the batch."""
        added = {number: (rows, self._up_to[number]) for number, rows in self._rows.items()}
        return WindowChange(added, self._refused, self._closed, self._kinds)

    def _still_open(self) -> list[int]:
        closed = self._closed
        return [number for number in self._windows.open if closed is None or number >= closed]

    def _take(self, number: int) -> Window:
        base = self._windows.open.get(number)
        window = base.copy() if base is not None else Window()
        if rows := self._rows.pop(number, []):
            window.update(rows, self._up_to[number])
        window.refuse(self._refused.pop(number, {}))
        window.fold(self._kinds)
        return window

    def _profile(self, number: int, window: Window, is_told: bool) -> Value:
        start, end = number * self._length, (number + 1) * self._length
        return blank_profile("inputs", start, end, self._partition) | {
            "up_to_seq": window.up_to_seq,
            "rows": window.rows,
            "fields": [found.to_record() for found in window.fields.values()],
            "closed_at": (self._closed or 0) * self._length,
            "refused": [
                {"field": name, "rule": rule, "rows": rows} for (name, rule), rows in sorted(window.refused.items())
            ],
            "closed_by_source": is_told,
        }
