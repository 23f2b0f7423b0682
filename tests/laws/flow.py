"""Runs steps over logs in memory: what waits of each topic in, all outputs and the state after each batch out."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.chassis.step import Step, Waiting, take_all
from services.contracts.record import Failure, Output, Record

PARTITION = 1
APPENDED = 1_800_000_000_000_000
"""Append time of every record: the streams are history."""

Topics = Mapping[str, Sequence[Record]]
Restart = Callable[[Step[Any, Any], Any], Any]


@dataclass
class Told:
    """What a step has said."""

    outputs: list[Output] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    state: Any = None
    batches: int = 0


def waiting(topics: Topics) -> dict[str, Waiting]:
    """Everything is read, and nothing more has come for long."""
    return {topic: Waiting(deque(records), True, 1e9) for topic, records in topics.items()}


def run(
    step: Step[Any, Any], topics: Topics, limit: int = 10_000, restart: Restart = lambda _step, state: state
) -> Told:
    """All that follows, in batches of up to `limit`. restart: what becomes of the state between two batches."""
    told, sides = Told(state=step.new_state(PARTITION)), waiting(topics)
    while batch := step.take(told.state, sides, limit):
        result = step.process(told.state, batch)
        told.state.apply(result.staged)
        told.outputs += result.outputs
        told.failures += result.failures
        rest = step.idle(told.state, APPENDED)
        if rest is not None:
            told.state.apply(rest.staged)
            told.outputs += rest.outputs
        told.batches += 1
        told.state = restart(step, told.state)
    assert not any(side.records for side in sides.values())
    return told


def replay(step: Step[Any, Any], topics: Topics, outputs: Sequence[Output]) -> Any:
    """The state as a silent replay of the log builds it: of inputs, and of what the step wrote itself."""
    state = step.new_state(PARTITION)
    sides = waiting({topic: topics.get(topic) or records_of(outputs, topic) for topic in step.log})
    take = step.take if step.log == step.inputs else None
    while batch := (take(state, sides, 50) if take else take_all(sides, 50)):
        step.fold(state, batch)
    return state


def records_of(outputs: Sequence[Output], topic: str) -> list[Record]:
    """What was written to a topic, as it is read again."""
    written = [output for output in outputs if output.topic == topic]
    return [
        Record(topic, output.partition, offset, APPENDED, output.key, output.kind, output.value or {}, output.headers)
        for offset, output in enumerate(written)
    ]


def plain(outputs: Sequence[Output]) -> list[object]:
    """Outputs without the inputs that they answer."""
    return [(o.topic, o.partition, o.key, o.kind, o.value, o.headers) for o in outputs]
