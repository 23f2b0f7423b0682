"""Builds the states of a changed feature set from the log that the lake keeps, while the old ones serve.

For each stage whose state is another, and each partition of it:
1  load what was built before, if it isn't ahead of the target: as far as both the lake and the stage that serves are
2  read the next records, up to the target or a fixed number, and fold them in, silently
3  now and then write, with the position
4  at the target write, and bring a snapshot to the store, as the stage itself would
A kill between any two repeats reading and folding only. The stage that is started with the new definitions begins from
the snapshot and replays the rest of the log, which has gone on meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.chassis.database import remove
from services.chassis.errors import Refused
from services.chassis.snapshots import Snapshots
from services.kernel.computer import FeatureComputer
from services.kernel.held import HeldDraft
from services.kernel.stage_state import Change, FeatureState, StateLayout
from services.lake.adapters.arrow_columns import integers
from services.lake.adapters.key_log import KeyLog
from services.lake.adapters.stored_state import StoredState
from services.lake.adapters.stretch import Report, StageLog, Stretch

_STRETCH = 250_000
_KEEP = 500_000
"""Positions between two writings: what a restart folds again."""


@dataclass(frozen=True)
class Move:
    """The new state of one stage.

    name: of the stage. topic: that it reads. keys: where it holds some for labels. worked: the offset that the stage
    which serves has committed, by partition. folder: for what is built. room: bytes of memory for rows.
    """

    name: str
    topic: str
    log: StageLog
    keys: KeyLog | None
    computer: FeatureComputer
    layout: StateLayout
    worked: Mapping[int, int]
    snapshots: Snapshots
    folder: Path
    room: int

    def target(self, partition: int) -> int:
        """The stage replays from its snapshot on, so it must not be ahead of what the stage has committed."""
        ends = [self.log.end(partition), self.worked.get(partition, 0)]
        return min([*ends, self.keys.end(partition)] if self.keys else ends)


@dataclass(frozen=True, slots=True)
class Built:
    """A snapshot that was stored: all before `position` is in it."""

    stage: str
    partition: int
    position: int


def migrate(moves: Sequence[Move], partitions: int, report: Report) -> list[Built]:
    """Bring all states as far as may be; gives the snapshots. A partition that nothing was served of needs none.

    Raises Refused, TransientError; then, or after a kill, the same call goes on where this one ended.
    """
    return [built for move in moves for number in range(partitions) for built in _partition(move, number, report)]


def _partition(move: Move, partition: int, report: Report) -> Iterator[Built]:
    target = move.target(partition)
    if target == 0:
        return
    folder, origin = move.folder / str(partition), move.log.origin(partition, move.layout.digest)
    # 1
    with StoredState(folder, origin, move.topic, target, move.room, move.layout.load) as stored:
        at = stored.position
        while at < target:
            # 2
            end = min(target, (at // _STRETCH + 1) * _STRETCH)
            _fold(move, stored.state, partition, at, end)
            at = end
            # 3
            if at >= stored.position + _KEEP or at == target:
                stored.keep(at)
            where = {"stage": move.name, "partition": partition}
            report({"progress": "migrate", **where, "position": at, "end": target})
        # 4
        _store(move, stored, folder.with_suffix(".checkpoint"))
        yield Built(move.name, partition, target)


def _fold(move: Move, state: FeatureState, partition: int, start: int, end: int) -> None:
    stretch = move.log.read(partition, start, end)
    if move.topic == "events":
        _refuse_gaps(stretch, partition, start)
    draft = None if state.held is None else HeldDraft(state.held)
    if draft is not None and move.keys is not None:
        move.keys.fold(draft, partition, start, end)
    state.apply(Change(move.computer.fold_columns(state.rows, stretch.records), draft))


def _refuse_gaps(stretch: Stretch, partition: int, start: int) -> None:
    """Events of a partition are numbered without gaps, from 0 on: a lake that began late would give other features."""
    seqs = integers(stretch.facts["seq"])
    late = len(seqs) and start == 0 and seqs[0] != 0
    if late or (np.diff(seqs) != 1).any():
        raise Refused(
            f"The lake doesn't hold all events of partition {partition}: features of the past can't be built from it. "
            "Let the stage replay the log from its beginning, if Kafka still has it."
        )


def _store(move: Move, stored: StoredState[FeatureState], folder: Path) -> None:
    assert stored.point is not None
    try:
        stored.checkpoint(folder)
        move.snapshots.save(folder, stored.point)
    finally:
        remove(folder)
