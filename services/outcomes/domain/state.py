"""What is known of a partition's events: the fold of `events` and `predictions`."""

from sys import intern
from typing import Any, Self

import msgpack

from services.outcomes.domain.answer import Answer, EarlyLabel, Reply
from services.outcomes.domain.deadlines import Deadlines
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.policy import Policy
from services.outcomes.domain.progress import Progress

_MODEL, _FEATURE_SET = Answer._fields.index("model"), Answer._fields.index("feature_set")


class OutcomesState:
    """One partition.

    answers: events by seq, in the order of seq, until they are forgotten. early: labels without an event, by event id.
    pending: what was answered to events that have not been handled, by seq.
    seqs, windows, maturing, orphaning: found again from these: event id to seq, seqs by event-time window, and what is
    given up when.
    """

    __slots__ = (
        *("answers", "early", "maturing", "orphaning", "partition"),
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

    def to_bytes(self) -> bytes:
        """The state as msgpack."""
        early = [(event_id, *label) for event_id, label in self.early.items()]
        pending = [(seq, *reply) for seq, reply in sorted(self.pending.items())]
        packed: bytes = msgpack.packb([self.progress.to_plain(), list(self.answers.values()), early, pending])
        return packed

    @classmethod
    def from_bytes(cls, partition: int, policy: Policy, data: bytes) -> Self:
        """The state of which `to_bytes` gave `data`."""
        progress, answers, early, pending = msgpack.unpackb(data, use_list=False)
        labels = {event_id: EarlyLabel(*rest) for event_id, *rest in early}
        replies = {seq: Reply(*rest) for seq, *rest in pending}
        return cls(partition, policy, Progress.from_plain(progress), [_answer(row) for row in answers], labels, replies)


def _answer(row: tuple[Any, ...]) -> Answer:
    answer = Answer._make(row)
    return answer._replace(model=intern(row[_MODEL]), feature_set=intern(row[_FEATURE_SET]))
