"""The step of the outcomes service: events and answers in, `outcomes` and `profiles` out."""

from collections.abc import Mapping, Sequence

from services.chassis.step import Waiting
from services.contracts.entries import Entries
from services.contracts.ledger import Nothing
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record, Result
from services.outcomes.domain.acting import Acting
from services.outcomes.domain.conflict import Conflict
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.join import EVENT, PREDICTION, SHADOW, TICK, join, meet
from services.outcomes.domain.load import load
from services.outcomes.domain.maturity import pass_time
from services.outcomes.domain.policy import Policy
from services.outcomes.domain.pricing import Pricing
from services.outcomes.domain.state import OutcomesState
from services.outcomes.domain.sweep import sweep
from services.outcomes.domain.vectors import Vectors


def policy_of(pipeline: Pipeline) -> Policy:
    """What the pipeline file says about labels and windows."""
    known = pipeline.label.known
    if known.maturity is None:
        raise ValueError("the pipeline isn't resolved: label.known.maturity has no value")
    return Policy(
        maturity=int(known.maturity),
        lateness=int(pipeline.event.time.lateness),
        window=int(pipeline.monitor.window),
        negative_silence=known.silence == "negative",
        slices=pipeline.event.groups,
        conflict=Conflict.of(pipeline.label),
        acting=Acting.of(pipeline),
        kind=pipeline.label.target.kind,
        pricing=Pricing.of(pipeline),
        classes=pipeline.label.target.task.names,
        vectors=Vectors.of(pipeline),
    )


class OutcomesStep:
    """Joins answers with labels. State: see OutcomesState."""

    inputs: tuple[str, ...] = ("events", "predictions", "predictions.shadow")
    log: tuple[str, ...] = inputs

    def __init__(self, pipeline: Pipeline) -> None:
        self.policy = policy_of(pipeline)
        self.digest = f"outcomes-{self.policy.digest}"

    def new_state(self, partition: int) -> OutcomesState:
        """The state before the first record."""
        return OutcomesState(partition, self.policy, Nothing())

    def load_state(self, partition: int, entries: Entries) -> OutcomesState:
        """The state that told these entries."""
        return OutcomesState(partition, self.policy, entries)

    def take(self, state: OutcomesState, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        """The next records: an event once its answer is there, and answers only as long as the next event's isn't.

        So the events come in the order of seq whatever the order of the answers, and few answers are held. What another
        model says of an event, which lies in the same transaction, goes before the answer.
        """
        events, answered = waiting["events"], waiting["predictions"]
        answers, shadows = answered.records, waiting["predictions.shadow"].records
        taken: list[Record] = []
        come, said = set[int](), set[int]()
        while len(taken) < limit:
            head = events.records[0] if events.records else None
            if head is not None and _is_answered(head, state, come):
                taken.append(events.records.popleft())
            elif answers and not (head is not None or events.ended or answers[0].kind != PREDICTION):
                break
            elif answers and not _waits(answers[0], state, said):
                taken.append(answers.popleft())
                if taken[-1].kind == PREDICTION:
                    come.add(taken[-1].value["seq"])
            elif shadows and (answers or answered.ended):
                taken.append(shadows.popleft())
                if taken[-1].kind == SHADOW:
                    said.add(taken[-1].value["seq"])
            else:
                break
        return taken

    def process(self, state: OutcomesState, batch: Sequence[Record]) -> Result[Draft]:
        """Outcomes, profiles and marks that follow. Raises BrokenLog."""
        draft = state.draft()
        load(draft, batch)
        for record in batch:
            reply = join(draft, record)
            if record.topic == "events":
                pass_time(draft, record.kind == TICK)
            if reply is not None:
                meet(draft, record, reply)
                sweep(draft)
        draft.settle()
        return Result(draft, draft.outputs, labels=draft.progress.counted_since(state.progress))

    def fold(self, state: OutcomesState, batch: Sequence[Record]) -> None:
        """The same without outputs."""
        state.apply(self.process(state, batch).staged)

    def idle(self, state: OutcomesState, now: int) -> None:
        """Nothing follows from wall time."""


def _waits(answer: Record, state: OutcomesState, said: set[int]) -> bool:
    """Whether another model has something to say beside an answer, which hasn't come."""
    if answer.kind != PREDICTION or answer.value["beside"] is None:
        return False
    seq = answer.value["seq"]
    return seq not in said and seq not in state.shadowed


def _is_answered(head: Record, state: OutcomesState, come: set[int]) -> bool:
    """Whether the next record of `events` can be handled: only events wait, for their answers."""
    if head.kind != EVENT:
        return True
    seq = head.value["seq"]
    return seq in come or seq in state.replied or seq <= state.progress.last_seq
