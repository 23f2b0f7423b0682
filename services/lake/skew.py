"""Compares served features with recomputed ones, window by window, of a sample of entities.

For each stage of the chain, and each partition of it:
1  load rows of the sample's entities, as they were at the end of a window; without any, begin before the first record
2  look for the end of the next window of its log, up to where the stage had worked before the lake kept what it wrote
3  compute the features of the sample's events in it, as a backfill does, and compare them with what was written
4  publish the counts, and wait for Kafka
5  write the rows, with the position
A kill between any two repeats computing, and 4 at most with the same record: what lies in a window, who is in the
sample and what was served of it are all told by the log. Windows that were told are computed silently after the rows
were lost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from services.contracts.entries import Entries
from services.contracts.profile import blank_profile
from services.contracts.skew import STREAM, VECTOR, SkewCount, summed
from services.kernel.computer import Computed, FeatureComputer
from services.lake.adapters.sampled_log import Sampled, SampledLog
from services.lake.adapters.sampled_state import SampledState
from services.lake.adapters.served import Served
from services.lake.adapters.stored_state import StoredState
from services.lake.adapters.stretch import Report
from services.lake.domain.difference import of_numbers, of_texts
from services.lake.domain.log_window import LogWindow
from services.lake.domain.sample import MOST

_STRETCH = 250_000
Profile = Mapping[str, Any]
Publish = Callable[[Profile], None]


@dataclass(frozen=True)
class Stage:
    """One stage. name: as `ChainEntity.stage`. window: microseconds. ends: by partition, the offset up to which the
    lake has all that follows from the log. gone: by partition, the offset before which rows of the log were removed, so
    that nothing follows from what is left. told: by partition, the end of the last window that was published. folder:
    for rows. room: bytes of memory for them. most: entities in the sample."""

    name: str
    log: SampledLog
    computer: FeatureComputer
    served: Served
    window: int
    ends: Mapping[int, int]
    gone: Mapping[int, int]
    told: Mapping[int, int]
    folder: Path
    room: int
    most: int = MOST

    @property
    def digest(self) -> str:
        """Of what is remembered here."""
        return f"skew-1-{self.name}-{self.computer.plan.layout_digest}-{self.window}-{self.most}"

    def load(self, entries: Entries) -> SampledState:
        """What told these entries."""
        return SampledState.load(self.computer, self.most, entries)


@dataclass(slots=True)
class _Tally:
    """rows: events of the sample; counts: of those that could be compared."""

    rows: int = 0
    counts: list[SkewCount] = field(default_factory=list)

    def update(self, stage: Stage, sampled: Sampled, computed: Computed) -> None:
        found = stage.served.of(sampled.facts)
        known = sampled.known.copy()
        known[list(computed.lost)] = False
        absent, both = known & ~found.written, known & found.fits
        compared = int(np.count_nonzero(absent)) + int(np.count_nonzero(both))
        self.rows += len(known)
        of_found = both[found.fits]
        self.counts.append(SkewCount(VECTOR, compared, missing=int(np.count_nonzero(absent))))
        self.counts += of_numbers(stage.served.names, computed.numbers[both], found.numbers[of_found])
        ours = np.empty((len(known), len(stage.served.categories)), object)
        for place, name in enumerate(stage.served.categories):
            ours[:, place] = sampled.texts[name].to_pylist()
        self.counts += of_texts(stage.served.categories, ours[both], found.texts[of_found])


def compare(stages: Sequence[Stage], partitions: int, publish: Publish, report: Report) -> int:
    """Publish all windows that have ended; how many. report: told of what can't be recomputed.

    Raises Refused, TransientError; the same call goes on then.
    """
    return sum(_partition(stage, number, publish, report) for stage in stages for number in range(partitions))


def _partition(stage: Stage, partition: int, publish: Publish, report: Report) -> int:
    published, end = 0, stage.ends.get(partition, 0)
    folder, origin = stage.folder / str(partition), stage.log.origin(partition, stage.digest)
    # 1
    with StoredState(folder, origin, STREAM, end, stage.room, stage.load) as stored:
        if stored.position < stage.gone.get(partition, 0):
            left_out = f"rows before offset {stage.gone[partition]} are gone: nothing can be recomputed without them"
            report({"progress": STREAM, "stage": stage.name, "partition": partition, "left_out": left_out})
            return 0
        while True:
            # 2
            window = LogWindow(stage.window, stored.state.window)
            position = _end_of(stage, partition, window, stored.position, end)
            if position is None or window.number is None:
                return published
            following, ends_at = window.next(), (window.number + 1) * stage.window
            # 3
            is_told = ends_at <= stage.told.get(partition, 0)
            tally = _worked(stage, stored.state, partition, stored.position, position, None if is_told else _Tally())
            if tally is not None:
                # 4
                about = {"slice": stage.name, "closed_at": (following.number or 0) * stage.window}
                about |= {"rows": tally.rows, "sampled": stored.state.sample.share}
                counts = [one.to_record() for one in summed(tally.counts).values()]
                publish(blank_profile(STREAM, ends_at - stage.window, ends_at, partition) | about | {"skew": counts})
                published += 1
            # 5
            stored.state.window = following.number
            stored.keep(position)


def _end_of(stage: Stage, partition: int, window: LogWindow, at: int, end: int) -> int | None:
    """The offset behind a window, None if it hasn't ended."""
    while at < end:
        stop = _next(at, end)
        offsets, times = stage.log.times(partition, at, stop)
        if (events := window.update(times)) is not None:
            return int(offsets[events - 1]) + 1
        at = stop
    return None


def _worked(
    stage: Stage, state: SampledState, partition: int, at: int, end: int, tally: _Tally | None
) -> _Tally | None:
    """Fold the records of a window in, and compare them if there is a tally."""
    while at < end:
        stop = _next(at, end)
        sampled = stage.log.read(partition, at, stop, state.sample)
        computed = stage.computer.compute_columns(state.rows, sampled.records)
        state.rows.scatter(computed.staged)
        state.sample = sampled.sample
        if tally is not None:
            tally.update(stage, sampled, computed)
        at = stop
    return tally


def _next(at: int, end: int) -> int:
    """Where stretches end decides who is in the sample: at the same positions however far the log is."""
    return min(end, (at // _STRETCH + 1) * _STRETCH)
