"""Where the events of a window of event time lie: the pages of their rows, by parts of the window."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgpack

from services.contracts.ledger import Ledger, LedgerDraft, number_of, ordered
from services.outcomes.domain.rows import page_of

_PREFIX = b"w"

Runs = list[int]
"""First and last page of each run of consecutive pages, in order."""


@dataclass(slots=True)
class Span:
    """The events of one window. first, last: the lowest and the highest seq. parts: where those of each part lie."""

    first: int
    last: int
    parts: dict[int, Runs] = field(default_factory=dict)

    def add(self, part: int, seq: int) -> None:
        """Take in the next event."""
        page, runs = page_of(seq), self.parts.setdefault(part, [])
        if not runs or page > runs[-1] + 1:
            runs += page, page
        else:
            runs[-1] = page
        self.last = seq

    def runs(self, parts: Iterable[int]) -> Runs:
        """Where the events of some parts lie."""
        found: Runs = []
        for low, high in sorted(pair for part in parts for pair in _pairs(self.parts[part])):
            if not found or low > found[-1] + 1:
                found += low, high
            else:
                found[-1] = max(found[-1], high)
        return found

    def pages(self, parts: Iterable[int]) -> Sequence[int]:
        """The pages of some parts, in order."""
        return [page for low, high in _pairs(self.runs(parts)) for page in range(low, high + 1)]

    def copy(self) -> "Span":
        """Equal, and changes on its own."""
        return Span(self.first, self.last, {part: list(runs) for part, runs in self.parts.items()})


class Windows:
    """All windows with events that are known, by their starts."""

    __slots__ = ("spans",)

    def __init__(self) -> None:
        self.spans: dict[int, Span] = {}

    @classmethod
    def load(cls, ledger: Ledger) -> "Windows":
        """Those that were told."""
        windows = cls()
        for key, packed in ledger.items(_PREFIX):
            first, last, parts = msgpack.unpackb(packed, strict_map_key=False)
            windows.spans[_start(key)] = Span(first, last, parts)
        return windows

    def apply(self, draft: "WindowsDraft") -> None:
        """Make a change."""
        for start, span in draft.changed.items():
            if span is None:
                self.spans.pop(start, None)
            else:
                self.spans[start] = span


class WindowsDraft:
    """Windows, as a draft sees and changes them. changed: None for one that is gone."""

    __slots__ = ("_base", "changed")

    def __init__(self, base: Windows) -> None:
        self._base = base.spans
        self.changed: dict[int, Span | None] = {}

    def get(self, start: int) -> Span | None:
        """One window, None if nothing is known to lie in it."""
        return self.changed[start] if start in self.changed else self._base.get(start)

    def starts(self) -> Iterator[int]:
        """Starts of all windows, in no order."""
        yield from (start for start in self._base if start not in self.changed)
        yield from (start for start, span in self.changed.items() if span is not None)

    def add(self, start: int, part: int, seq: int) -> None:
        """Take in the next event."""
        span = self.changed.get(start)
        if span is None:
            before = self.get(start)
            span = self.changed[start] = Span(seq, seq) if before is None else before.copy()
        span.add(part, seq)

    def forget(self, start: int) -> None:
        """Know nothing of a window any more."""
        self.changed[start] = None

    def settle(self, book: LedgerDraft) -> None:
        """Let the ledger have what has changed."""
        for start, span in self.changed.items():
            packed = None if span is None else msgpack.packb((span.first, span.last, span.parts))
            book.changed[_key(start)] = packed


def _pairs(runs: Runs) -> Iterator[tuple[int, int]]:
    return zip(runs[::2], runs[1::2], strict=True)


def _key(start: int) -> bytes:
    return _PREFIX + ordered(start)


def _start(key: bytes) -> int:
    return number_of(key[len(_PREFIX) :])
