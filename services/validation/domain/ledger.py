"""What validation remembers of one partition: a fold of the log that it writes."""

from dataclasses import dataclass
from typing import TypeAlias

from services.contracts.entries import Changes, Entries, table_of, told
from services.contracts.ledger import Ledger as Book
from services.contracts.ledger import Nothing
from services.contracts.watermark import Watermark
from services.validation.domain.liveness import Liveness
from services.validation.domain.memory import Additions, Memory
from services.validation.domain.windows import OpenWindows, WindowChange

LabelKey: TypeAlias = tuple[str, float, int, str]
"""Labels are the same when event, label, time of knowledge and source are."""

_HEAD, _EVENTS, _LABELS, _REVISIONS, _WINDOWS = b"h", b"e", b"l", b"r", b"w"

Revision: TypeAlias = tuple[str, int]
"""Event, and which of its labels in the order of their acceptance: 0 for the first."""


@dataclass(slots=True)
class Ledger:
    """next_seq: number of the next accepted event. known: how far the labels' times of knowledge are, told as the
    watermark is of events; labels and events never decide on each other. pending: see PendingDraft.
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
    pending: Book
    changed: bool = False

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
            pending=Book(Nothing()),
        )

    def apply(self, staged: "Change") -> None:
        """Take in what a batch changed."""
        self.changed = True
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
        self.pending.apply(staged.pending)

    def begin(self) -> "Entered":
        """Begin a batch."""
        return Entered(
            self.next_seq,
            self.watermark.copy(),
            self.known.copy(),
            self.liveness.copy(),
            Additions(self.events),
            Additions(self.labels),
            Additions(self.revisions),
        )

    def changes(self) -> Changes:
        """What differs from what was told before."""
        if not self.changed:
            return {}
        self.changed = False
        head = {None: [self.next_seq, self.watermark.to_list(), self.known.to_list(), self.liveness.run]}
        head[None] += [self.liveness.total, self.windows.closed]
        return {
            **told(_HEAD, head, head),
            **self.events.changes(_EVENTS),
            **self.labels.changes(_LABELS),
            **self.revisions.changes(_REVISIONS),
            **self.windows.changes(_WINDOWS),
            **self.pending.changes(),
        }

    def load(self, entries: Entries) -> None:
        """Become the ledger that told these entries; nothing is in this one yet."""
        for next_seq, watermark, known, run, total, closed in table_of(entries, _HEAD).values():
            self.next_seq = next_seq
            self.watermark, self.known = Watermark.from_list(watermark), Watermark.from_list(known)
            self.liveness.run, self.liveness.total = run, total
            self.windows = OpenWindows.load(closed, table_of(entries, _WINDOWS))
        self.events = Memory(self.events.lateness, table_of(entries, _EVENTS))
        self.labels = Memory(self.labels.lateness, table_of(entries, _LABELS))
        self.revisions = Memory(self.revisions.lateness, table_of(entries, _REVISIONS))
        self.pending = Book(entries)


@dataclass(slots=True)
class Entered:
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

    def change(self, windows: WindowChange, pending: Changes) -> "Change":
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
            pending=pending,
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
    pending: Changes
