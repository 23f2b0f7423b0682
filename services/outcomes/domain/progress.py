"""The small part of a partition's state: how far it is, and its counters."""

from dataclasses import dataclass, field
from typing import Any, Self

from services.contracts.watermark import Watermark
from services.outcomes.domain.flights import Flights

RESULTS = (
    "on_time",
    "early",
    "late",
    "corrected",
    "set_aside",
    "duplicate",
    "unlisted",
    "missing",
    "censored",
    "orphan",
)
"""What can become of a label, or of its absence: see the join."""


@dataclass(slots=True)
class Lot:
    """Answers that are no longer known and wait to be taken out: of the events of the window from `start` on.

    first, last: the lowest and the highest seq. runs: where their pages lie, see `Runs`.
    """

    start: int
    first: int
    last: int
    runs: list[int]

    def to_plain(self) -> list[Any]:
        """Everything as plain values."""
        return [self.start, self.first, self.last, list(self.runs)]


@dataclass(slots=True)
class Progress:
    """Copied for each batch.

    last_seq: of the last accepted event. boundary: multiple of the window up to which profiles are closed.
    settled: multiple of the window up to which all events are resolved and their quality is reported.
    matured_*, rows, positives, censored: as in CohortMatured.avsc.
    unresolved: events neither labelled nor given up, by window. stale_scores, stale_quality: windows with something
    that was not reported yet. early: labels that wait for their events, by slot. forgotten: what is to be taken out, as
    far as credit goes. flights: versions that were in flight. counts: by result.
    """

    watermark: Watermark = field(default_factory=Watermark)
    last_seq: int = -1
    boundary: int | None = None
    settled: int | None = None
    matured_seq: int = -1
    matured_time: int | None = None
    rows: int = 0
    positives: int = 0
    censored: int = 0
    unresolved: dict[int, int] = field(default_factory=dict)
    stale_scores: set[int] = field(default_factory=set)
    stale_quality: set[int] = field(default_factory=set)
    early: dict[int, int] = field(default_factory=dict)
    forgotten: list[Lot] = field(default_factory=list)
    credit: int = 0
    flights: Flights = field(default_factory=Flights)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RESULTS, 0))

    def copy(self) -> Self:
        """Equal, and changes on its own."""
        plain = self.to_plain()
        return self.from_plain(plain)

    def counted_since(self, before: Self) -> dict[str, int]:
        """By result, how often it occurred since an earlier progress; those that did."""
        return {
            result: count - before.counts[result]
            for result, count in self.counts.items()
            if count > before.counts[result]
        }

    def to_plain(self) -> list[Any]:
        """Everything as plain values."""
        return [
            self.watermark.to_list(),
            self.last_seq,
            self.boundary,
            self.settled,
            self.matured_seq,
            self.matured_time,
            self.rows,
            self.positives,
            self.censored,
            sorted(self.unresolved.items()),
            sorted(self.stale_scores),
            sorted(self.stale_quality),
            sorted(self.early.items()),
            [lot.to_plain() for lot in self.forgotten],
            self.credit,
            self.flights.to_plain(),
            dict(self.counts),
        ]

    @classmethod
    def from_plain(cls, plain: list[Any]) -> Self:
        """The progress of which `to_plain` gave `plain`."""
        watermark, last_seq, boundary, settled, seq, time, rows, positives, censored, *windows, counts = plain
        unresolved, scores, quality, early, forgotten, credit, flights = windows
        return cls(
            watermark=Watermark.from_list(watermark),
            last_seq=last_seq,
            boundary=boundary,
            settled=settled,
            matured_seq=seq,
            matured_time=time,
            rows=rows,
            positives=positives,
            censored=censored,
            unresolved=dict(unresolved),
            stale_scores=set(scores),
            stale_quality=set(quality),
            early=dict(early),
            forgotten=[Lot(start, first, last, list(runs)) for start, first, last, runs in forgotten],
            credit=credit,
            flights=Flights.from_plain(flights),
            counts=dict(counts),
        )
