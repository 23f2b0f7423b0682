"""How far back the rows reach that are learnt from: all of them, the newest, those since a change, or all while the
older ones fade."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from services.training.domain.cohort import Floats, Rows
from services.training.domain.split import NotEnough, SplitRule


@dataclass(frozen=True, slots=True)
class Window:
    """name: as the pipeline's file has it. length: of event time up to the last row; since: an event time; half_life:
    rows count half as much as those so much younger. In microseconds; with none of them all rows count alike."""

    name: str = "all"
    length: int | None = None
    since: int | None = None
    half_life: int | None = None

    def of(self, rows: Rows) -> Rows:
        """The rows within it."""
        if self.length is not None:
            begin = int(rows.event_time[-1]) + 1 - self.length
        elif self.since is not None:
            begin = self.since
        else:
            return rows
        return rows.take(np.arange(np.searchsorted(rows.event_time, begin), len(rows)))

    def fading(self, rows: Rows) -> Floats | None:
        """How much each of its rows counts, the newest 1 [rows]; None where none fades."""
        if self.half_life is None:
            return None
        age = (rows.event_time[-1] - rows.event_time).astype(np.float64)
        fading: Floats = np.exp2(-age / self.half_life)
        return fading


EVERYTHING = Window()


def reaching(windows: Iterable[Window], rows: Rows, rule: SplitRule) -> tuple[Window, ...] | NotEnough:
    """Those that hold enough of the rows to learn from, faded ones for what they count; of several that hold the same,
    the first."""
    found: dict[tuple[int, int | None], Window] = {}
    most, rarest = 0, 0
    for window in windows:
        held = window.of(rows)
        count, rarer = _amounts(held, window.fading(held))
        most, rarest = max(most, count), max(rarest, rarer)
        if count >= rule.min_rows and rarer >= rule.min_positives:
            found.setdefault((len(held), window.half_life), window)
    if found:
        return tuple(found.values())
    if most < rule.min_rows:
        return NotEnough("training rows within the history that may be tried", most, rule.min_rows)
    return NotEnough("rows of the rarer class within the history that may be tried", rarest, rule.min_positives)


def _amounts(rows: Rows, fading: Floats | None) -> tuple[int, int]:
    """Rows, and those of the rarer class."""
    if fading is None:
        return len(rows), rows.rarer
    count = int(fading.sum())
    if not rows.task.classifies:
        return count, count
    return count, min(int(fading[rows.label == number].sum()) for number in range(rows.task.width))
