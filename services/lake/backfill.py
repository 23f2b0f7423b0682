"""Computes features anew from the log that is kept: the lake's tables, or files.

For each stage of the chain, and each partition of it:
1  load rows of entities that are not ahead of the table of features; without any, begin before the first record
2  read the next records, up to the position that the table has, or a fixed number
3  compute; behind the table's position the numbers are dropped, else
4  append them together with the new position, in one commit
5  now and then write the rows of entities, with the position
A kill between any two repeats reading and computing only: 4 is seen whole or not at all, and 5 never comes before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kernel.computer import FeatureComputer
from services.lake.adapters.feature_table import FeatureTable
from services.lake.adapters.stored_state import StoredState
from services.lake.adapters.stretch import Report, StageLog

_POSITION = "backfill"
_STRETCH = 250_000
_KEEP = 500_000
"""Positions between two writings of rows: what a restart computes again."""


@dataclass(frozen=True)
class Stage:
    """One stage. name: as `ChainEntity.stage`. folder: for its rows. room: bytes of memory for them."""

    name: str
    log: StageLog
    computer: FeatureComputer
    table: FeatureTable
    folder: Path
    room: int

    @property
    def digest(self) -> str:
        """Of what is computed here: stored rows and tables of another one aren't gone on with."""
        return f"backfill-1-{self.name}-{self.computer.plan.layout_digest}"

    def application(self, partition: int) -> str:
        """Under what name the table notes the position."""
        origin = self.log.origin(partition, self.digest)
        source = "/".join((origin.cluster, *sorted(origin.topics.values())))
        return f"{origin.digest}/{source}/{partition}"


def backfill(stages: Sequence[Stage], partitions: int, report: Report) -> int:
    """Bring all tables as far as the log is; gives the rows that came to the last one.

    Raises Refused, TransientError; then, or after a kill, the same call goes on where this one ended.
    """
    written = 0
    for stage in stages:
        stage.table.refuse_foreign([stage.application(number) for number in range(partitions)])
        written = sum(_partition(stage, number, report) for number in range(partitions))
    return written


def _partition(stage: Stage, partition: int, report: Report) -> int:
    application, written = stage.application(partition), 0
    held, end = stage.table.position(application), stage.log.end(partition)
    origin = stage.log.origin(partition, stage.digest)
    # 1
    folder, load = stage.folder / str(partition), stage.computer.new_state
    with StoredState(folder, origin, _POSITION, held, stage.room, load) as stored:
        at = stored.position
        while at < end:
            # 2
            stretch = stage.log.read(partition, at, _next(at, held, end))
            if stretch.position == at:
                break
            # 3
            computed = stage.computer.compute_columns(stored.state, stretch.records)
            stored.state.scatter(computed.staged)
            at = stretch.position
            if at > held:
                # 4
                stage.table.append(application, at, stretch.facts, computed.numbers, list(stretch.texts.values()))
                written += len(stretch.facts)
            # 5
            if at >= stored.position + _KEEP:
                stored.keep(at)
            report(_told(stage, partition, at, end, written))
        if at > stored.position:
            stored.keep(at)
    return written


def _next(at: int, held: int, end: int) -> int:
    """Stretches end at the same positions after a restart too, and none is held in part."""
    return min(end, held if at < held else end, (at // _STRETCH + 1) * _STRETCH)


def _told(stage: Stage, partition: int, at: int, end: int, written: int) -> dict[str, Any]:
    where = {"stage": stage.name, "partition": partition}
    return {"progress": "backfill", **where, "position": at, "end": end, "rows": written}
