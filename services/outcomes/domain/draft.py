"""A change of the state in the making, and the outputs that go with it."""

from typing import TYPE_CHECKING, Any

from services.contracts.record import Output, Record
from services.outcomes.domain.answer import Answer, EarlyLabel, Reply
from services.outcomes.domain.deadlines import DeadlineBranch
from services.outcomes.domain.overlay import Overlay

if TYPE_CHECKING:
    from services.outcomes.domain.state import OutcomesState


class Draft:
    """Sees the state with the change made. `outputs` in the order in which they are to be written."""

    def __init__(self, state: "OutcomesState") -> None:
        self.partition, self.policy = state.partition, state.policy
        self.progress = state.progress.copy()
        self.answers: Overlay[int, Answer] = Overlay(state.answers)
        self.seqs: Overlay[str, int] = Overlay(state.seqs)
        self.early: Overlay[str, EarlyLabel] = Overlay(state.early)
        self.pending: Overlay[int, Reply] = Overlay(state.pending)
        self.maturing: DeadlineBranch[int] = DeadlineBranch(state.maturing)
        self.orphaning: DeadlineBranch[str] = DeadlineBranch(state.orphaning)
        self.arrived: dict[int, list[int]] = {}
        self.forgotten: list[int] = []
        self.outputs: list[Output] = []
        self._windows = state.windows

    def windows(self) -> list[int]:
        """Starts of all windows with events, ascending."""
        return sorted((self._windows.keys() | self.arrived.keys()) - set(self.forgotten))

    def answers_in(self, window: int) -> list[Answer]:
        """The answered events of a window, by seq."""
        seqs = [*self._windows.get(window, ()), *self.arrived.get(window, ())]
        return [answer for seq in seqs if (answer := self.answers.get(seq)) is not None]

    def add(self, answer: Answer) -> None:
        """Take in an answered event."""
        window = self.policy.window_of(answer.event_time)
        self.answers.update(answer.seq, answer)
        self.seqs.update(answer.event_id, answer.seq)
        self.arrived.setdefault(window, []).append(answer.seq)
        self.maturing.add(answer.event_time, answer.seq)
        self.progress.unresolved[window] = self.progress.unresolved.get(window, 0) + 1
        self.progress.stale_scores.add(window)

    def forget(self, window: int) -> None:
        """Drop the events of a window."""
        for answer in self.answers_in(window):
            self.answers.remove(answer.seq)
            if self.seqs.get(answer.event_id) == answer.seq:
                self.seqs.remove(answer.event_id)
        self.forgotten.append(window)
        self.progress.unresolved.pop(window, None)

    def emit(self, topic: str, key: str, kind: str, value: dict[str, Any], source: Record | None = None) -> None:
        """Write a record; `outcomes` into the partition's own, `profiles` into their only one."""
        partition = self.partition if topic == "outcomes" else 0
        self.outputs.append(Output(topic, key, f"driftmill.{kind}", value, partition, source))
