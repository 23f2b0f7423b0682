"""What a service gives to the batch loop."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from services.contracts.entries import Changes, Entries
from services.contracts.record import Record, Result

S = TypeVar("S", bound="State[Any]")
Staged = TypeVar("Staged")
Applied_contra = TypeVar("Applied_contra", contravariant=True)


class State(Protocol[Applied_contra]):
    """State of one partition: a fold of a log. `apply` is called after the commit, and during silent replay.

    changes: entries that differ from those told before, each as it is now; the first time from those that it was
    loaded from. Once told, the entries that it was loaded from give them back.
    """

    def apply(self, staged: Applied_contra) -> None: ...

    def changes(self) -> Changes: ...


@dataclass(slots=True)
class Waiting:
    """Decoded records of one topic and partition that are read but not yet processed.

    ended: nothing more lies on the broker at present. quiet_ms: for how long nothing has come.
    """

    records: deque[Record] = field(default_factory=deque)
    ended: bool = False
    quiet_ms: float = 0.0


class Step(Protocol[S, Staged]):
    """One service's work on one partition at a time: records in, outputs out, no effects.

    Laws: deterministic; leaves state and batch unchanged (what changes is `Result.staged`); `process(a + b)` equals
    `process(a)`, apply, `process(b)`.

    inputs: short topic names consumed in the group. log: topics of which the state is a fold: inputs (replayed up to
    the committed offset) or own outputs (replayed to their end); without one nothing is stored. digest: identifies code
    and layout of the state; entries stored under another digest are not used.
    """

    inputs: tuple[str, ...]
    log: tuple[str, ...]
    digest: str

    def new_state(self, partition: int) -> S:
        """The state before the first record."""
        ...

    def load_state(self, partition: int, entries: Entries) -> S:
        """The state that told these entries; `new_state` if there are none."""
        ...

    def take(self, state: S, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        """Pop up to `limit` records that may be processed now, in their order, from the waiting ones of all inputs.

        A pure function of the arguments, but for taking out of the deques. Steps with one input use `take_all`.
        """
        ...

    def process(self, state: S, batch: Sequence[Record]) -> Result[Staged]:
        """What follows from the next records of one partition."""
        ...

    def fold(self, state: S, batch: Sequence[Record]) -> None:
        """Bring the state forward by records of `log`, silently."""
        ...

    def idle(self, state: S, now: int) -> Result[Staged] | None:
        """What follows from nothing having come; `now` is wall time in microseconds. None if nothing."""
        ...


def take_all(waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
    """Records of each input in turn, up to `limit`: the order for steps with one input, or indifferent to order."""
    taken: list[Record] = []
    for side in waiting.values():
        if len(side.records) <= limit - len(taken):
            taken += side.records
            side.records.clear()
        else:
            taken += [side.records.popleft() for _ in range(limit - len(taken))]
    return taken
