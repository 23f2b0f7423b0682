"""What validation remembers of one partition: a fold of the log that it writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from services.contracts.watermark import Watermark
from services.validation.domain.liveness import Liveness
from services.validation.domain.memory import Additions, Memory
from services.validation.domain.windows import OpenWindows, WindowChange

LabelKey: TypeAlias = tuple[str, float, int, str]
"""Labels are the same when event, label, time of knowledge and source are."""

Revision: TypeAlias = tuple[str, int]
"""Event, and which of its labels in the order of their acceptance: 0 for the first."""


@dataclass(slots=True)
class Ledger:
    """next_seq: number of the next accepted event. known: how far the labels' times of knowledge are, told as the
    watermark is of events; labels and events never decide on each other.
    """

    partition: int
    next_seq: int
    watermark: Watermark
    known: Watermark
    liveness: Liveness
    events: Memory[str]
    labels: Memory[LabelKey]
    revisions: Memory[Revision]
    windows: OpenWindows

    @classmethod
    def new(cls, partition: int, lateness: int, label_memory: int) -> "Ledger":
        """Before the first record. lateness: what the pipeline allows; label_memory: how long labels are remembered,
        both in microseconds.
        """
        return cls(
            partition=partition,
            next_seq=0,
            watermark=Watermark(),
            known=Watermark(),
            liveness=Liveness(lateness),
            events=Memory(lateness),
            labels=Memory(label_memory),
            revisions=Memory(label_memory),
            windows=OpenWindows(),
        )

    def apply(self, staged: "Change") -> None:
        """Take in what a batch changed."""
        self.next_seq = staged.next_seq
        self.watermark, self.known = staged.watermark, staged.known
        self.liveness = staged.liveness
        self.events.add(staged.events.items())
        self.labels.add(staged.labels.items())
        self.revisions.add(staged.revisions.items())
        self.events.forget(self.watermark.value)
        self.labels.forget(self.known.value)
        self.revisions.forget(self.known.value)
        self.windows.apply(staged.windows)

    def begin(self) -> "Entries":
        """Begin a batch."""
        return Entries(
            self.next_seq,
            self.watermark.copy(),
            self.known.copy(),
            self.liveness.copy(),
            Additions(self.events),
            Additions(self.labels),
            Additions(self.revisions),
        )

    def to_plain(self) -> dict[str, Any]:
        """Plain values for a snapshot."""
        return {
            "next_seq": self.next_seq,
            "watermark": self.watermark.to_list(),
            "known": self.known.to_list(),
            "liveness": [self.liveness.run, self.liveness.total],
            "events": self.events.to_plain(),
            "labels": self.labels.to_plain(),
            "revisions": self.revisions.to_plain(),
            "windows": self.windows.to_plain(),
        }

    @classmethod
    def from_plain(cls, partition: int, lateness: int, label_memory: int, plain: Mapping[str, Any]) -> "Ledger":
        """The ledger of which `to_plain` gave `plain`."""
        ids, times = plain["events"]
        keys, known = plain["labels"]
        labels = {_label_key(key): time for key, time in zip(keys, known, strict=True)}
        numbers, since = plain["revisions"]
        revisions = {(event_id, number): time for (event_id, number), time in zip(numbers, since, strict=True)}
        return cls(
            partition=partition,
            next_seq=plain["next_seq"],
            watermark=Watermark.from_list(plain["watermark"]),
            known=Watermark.from_list(plain["known"]),
            liveness=Liveness(lateness, *plain["liveness"]),
            events=Memory(lateness, dict(zip(ids, times, strict=True))),
            labels=Memory(label_memory, labels),
            revisions=Memory(label_memory, revisions),
            windows=OpenWindows.from_plain(plain["windows"]),
        )


def _label_key(plain: list[Any]) -> LabelKey:
    event_id, label, known_at, source = plain
    return event_id, label, known_at, source


@dataclass(slots=True)
class Entries:
    """The ledger within a batch; the ledger itself stays as it is."""

    next_seq: int
    watermark: Watermark
    known: Watermark
    liveness: Liveness
    events: Additions[str]
    labels: Additions[LabelKey]
    revisions: Additions[Revision]

    def add_event(self, event_id: str, event_time: int, appended_at: int) -> int:
        """Enter an accepted event; gives its number."""
        seq = self.next_seq
        self.next_seq += 1
        self.events.add(event_id, event_time)
        self.liveness.update(event_time, appended_at)
        self.watermark.update_event(event_time)
        return seq

    def add_label(self, key: LabelKey) -> int:
        """Enter an accepted label; gives how many the event had before."""
        event_id, _, known_at, _ = key
        # one that comes long after it became known is remembered from now on, or the same again would pass
        now = known_at if self.known.value is None else max(known_at, self.known.value)
        revision = 0
        while self.revisions.has((event_id, revision), self.known.value):
            self.revisions.add((event_id, revision), now)
            revision += 1
        self.revisions.add((event_id, revision), now)
        self.labels.add(key, now)
        self.known.update_event(known_at)
        return revision

    def knows_event(self, event_id: str) -> bool:
        """Whether an event of this id was accepted and can't be too late yet."""
        return self.events.has(event_id, self.watermark.value)

    def knows_label(self, key: LabelKey) -> bool:
        """Whether the same label was accepted lately."""
        return self.labels.has(key, self.known.value)

    def change(self, windows: WindowChange) -> "Change":
        """What the batch changes."""
        return Change(
            next_seq=self.next_seq,
            watermark=self.watermark,
            known=self.known,
            liveness=self.liveness,
            events=self.events.items,
            labels=self.labels.items,
            revisions=self.revisions.items,
            windows=windows,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What a batch makes of a ledger."""

    next_seq: int
    watermark: Watermark
    known: Watermark
    liveness: Liveness
    events: dict[str, int]
    labels: dict[LabelKey, int]
    revisions: dict[Revision, int]
    windows: WindowChange
