"""A change of the state in the making, and the outputs that go with it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from services.contracts.ledger import LedgerDraft
from services.contracts.record import Output, Record
from services.outcomes.domain.answer import Answer
from services.outcomes.domain.answers import Answers, Seqs
from services.outcomes.domain.besides import Besides
from services.outcomes.domain.deadlines import DeadlinesDraft
from services.outcomes.domain.early import EarlyLabels
from services.outcomes.domain.ids import Ids
from services.outcomes.domain.maturing import Maturing
from services.outcomes.domain.policy import SLOTS
from services.outcomes.domain.progress import Lot
from services.outcomes.domain.replies import ANSWERS, SHADOWS, Replies
from services.outcomes.domain.rows import Rows
from services.outcomes.domain.windows import WindowsDraft

if TYPE_CHECKING:
    from services.outcomes.domain.state import OutcomesState


class Draft:
    """Sees the state with the change made. `outputs` in the order in which they are to be written."""

    def __init__(self, state: "OutcomesState") -> None:
        self.partition, self.policy = state.partition, state.policy
        self.progress = state.progress.copy()
        self.models, self.feature_sets = state.models.copy(), state.feature_sets.copy()
        self.intervals, self.groups = state.intervals.copy(), state.groups.copy()
        self.book = LedgerDraft(state.ledger)
        self.answers = Answers(self.book, self.models, self.feature_sets, self.groups)
        self.ids = Ids(self.book)
        self.replies = Replies(self.book, state.replied, ANSWERS)
        self.shadows = Replies(self.book, state.shadowed, SHADOWS)
        self.windows = WindowsDraft(state.windows)
        self.early = EarlyLabels(self.book, self.ids, self.policy, self.progress)
        maturing = Maturing(self.answers, self.windows, self.progress, self.policy)
        self.maturing = DeadlinesDraft(state.maturing, self.policy, maturing)
        self.orphaning = DeadlinesDraft(state.orphaning, self.policy, self.early)
        self.outputs: list[Output] = []

    def answer_to(self, event_id: str) -> Answer | None:
        """The answer to the last event of an id, None if none is known."""
        seq = self.ids.get(event_id)
        answer = self.answers.get(seq) if isinstance(seq, int) else None
        if answer is None:
            return None
        span = self.windows.get(self.policy.window_of(answer.event_time))
        return answer if span is not None and answer.seq >= span.first else None

    def sides_in(self, window: int) -> Iterator[tuple[Seqs, Rows, Besides]]:
        """Seqs and rows of the answered events of a window, in order, some at a time, with what stands beside each;
        that is empty where nothing stands beside any."""
        span = self.windows.get(window)
        return iter(()) if span is None else self.answers.sides_within(span, window, window + self.policy.window)

    def pairs_in(self, window: int) -> Iterator[tuple[Seqs, Rows, Besides]]:
        """Those of them that another model was asked about too, with what it said."""
        for seqs, its, others in self.sides_in(window):
            if (there := others["present"] > 0).any():
                yield seqs[there], its[there], others[there]

    def add(self, answer: Answer) -> None:
        """Take in an answered event."""
        number, part = divmod(self.policy.slot_of(answer.event_time), SLOTS)
        window = number * self.policy.window
        self.answers.add(answer)
        self.ids.update(answer.event_id, answer.seq)
        self.windows.add(window, part, answer.seq)
        self.maturing.add(answer.event_time, answer.seq)
        self.progress.unresolved[window] = self.progress.unresolved.get(window, 0) + 1
        self.progress.stale_scores.add(window)
        self.progress.flights.update(window, answer)

    def forget(self, window: int) -> None:
        """Know the events of a window no more."""
        span = self.windows.get(window)
        if span is not None:
            self.progress.forgotten.append(Lot(window, span.first, span.last, span.runs(span.parts)))
        self.windows.forget(window)
        self.progress.unresolved.pop(window, None)
        self.progress.flights.forget(window)

    def settle(self) -> None:
        """Let the ledger have all that has changed."""
        self.answers.settle()
        self.ids.settle()
        self.replies.settle()
        self.shadows.settle()
        self.windows.settle(self.book)
        self.models.settle(self.book)
        self.feature_sets.settle(self.book)
        self.intervals.settle(self.book)
        self.groups.settle(self.book)

    def emit(self, topic: str, key: str, kind: str, value: dict[str, Any], source: Record | None = None) -> None:
        """Write a record; `outcomes` into the partition's own, `profiles` into their only one."""
        partition = self.partition if topic == "outcomes" else 0
        self.outputs.append(Output(topic, key, f"driftmill.{kind}", value, partition, source))
