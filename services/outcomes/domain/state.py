"""What is known of a partition's events: the fold of `events` and `predictions`."""

from collections.abc import Iterator, Mapping
from sys import intern
from typing import Any, Self

from services.contracts.entries import Changes, Entries, table_of, told
from services.outcomes.domain.answer import Answer, EarlyLabel, Reply
from services.outcomes.domain.deadlines import Deadlines
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.policy import Policy
from services.outcomes.domain.progress import Progress

_PROGRESS, _TABLES = b"h", (b"a", b"l", b"p")
_MODEL, _FEATURE_SET = Answer._fields.index("model"), Answer._fields.index("feature_set")


class OutcomesState:
    """One partition.

    answers: events by seq, in the order of seq, until they are forgotten. early: labels without an event, by event id.
    pending: what was answered to events that have not been handled, by seq.
    seqs, windows, maturing, orphaning: found again from these: event id to seq, seqs by event-time window, and what is
    given up when.
    """

    __slots__ = (
        *("_told", "_touched", "answers", "early", "maturing", "orphaning", "partition"),
        *("pending", "policy", "progress", "seqs", "windows"),
    )

    def __init__(
        self,
        partition: int,
        policy: Policy,
        progress: Progress,
        answers: list[Answer],
        early: dict[str, EarlyLabel],
        pending: dict[int, Reply],
    ) -> None:
        self.partition, self.policy, self.progress = partition, policy, progress
        self.answers = {answer.seq: answer for answer in answers}
        self.early, self.pending = early, pending
        self.seqs = {answer.event_id: answer.seq for answer in answers}
        self.windows: dict[int, list[int]] = {}
        for answer in answers:
            self.windows.setdefault(policy.window_of(answer.event_time), []).append(answer.seq)
        self.maturing = Deadlines([(answer.event_time, answer.seq) for answer in answers if not answer.resolved])
        self.orphaning = Deadlines([(label.known_at, event_id) for event_id, label in early.items()])
        self._told = progress
        self._touched: tuple[set[Any], ...] = (set(), set(), set())

    @classmethod
    def new(cls, partition: int, policy: Policy) -> Self:
        """Before the first record."""
        return cls(partition, policy, Progress(), [], {}, {})

    @property
    def counts(self) -> dict[str, int]:
        """How often each result occurred: on_time, early, late, corrected, duplicate, missing, orphan."""
        return self.progress.counts

    def draft(self) -> Draft:
        """A change to be filled in; this state stays as it is until `apply`."""
        return Draft(self)

    def apply(self, staged: Draft) -> None:
        """Make a change."""
        self.progress = staged.progress
        changed: tuple[set[Any], ...] = (staged.answers.touched, staged.early.touched, staged.pending.touched)
        for touched, keys in zip(self._touched, changed, strict=True):
            touched.update(keys)
        staged.answers.write_to(self.answers)
        staged.seqs.write_to(self.seqs)
        staged.early.write_to(self.early)
        staged.pending.write_to(self.pending)
        for window, seqs in staged.arrived.items():
            self.windows.setdefault(window, []).extend(seqs)
        for window in staged.forgotten:
            del self.windows[window]
        self.maturing.apply(staged.maturing)
        self.orphaning.apply(staged.orphaning)

    def changes(self) -> Changes:
        """What differs from what was told before."""
        if self.progress is self._told:
            return {}
        head = {None: self.progress.to_plain()}
        changed = [told(prefix, touched, table) for prefix, touched, table in self._tables()]
        self._told = self.progress
        for _, touched, _ in self._tables():
            touched.clear()
        return {key: value for part in (told(_PROGRESS, head, head), *changed) for key, value in part.items()}

    def _tables(self) -> Iterator[tuple[bytes, set[Any], Mapping[Any, Any]]]:
        yield from zip(_TABLES, self._touched, (self.answers, self.early, self.pending), strict=True)

    @classmethod
    def load(cls, partition: int, policy: Policy, entries: Entries) -> Self:
        """The state that told these entries."""
        head = table_of(entries, _PROGRESS)
        progress = Progress.from_plain(head[None]) if head else Progress()
        answers, early, pending = (table_of(entries, prefix) for prefix in _TABLES)
        labels = {event_id: EarlyLabel._make(plain) for event_id, plain in early.items()}
        replies = {seq: Reply._make(plain) for seq, plain in pending.items()}
        return cls(partition, policy, progress, [_answer(plain) for plain in answers.values()], labels, replies)


def _answer(row: tuple[Any, ...]) -> Answer:
    answer = Answer._make(row)
    return answer._replace(model=intern(row[_MODEL]), feature_set=intern(row[_FEATURE_SET]))
