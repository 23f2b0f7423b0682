"""How far back the rows reach that are learnt from: all of them, the newest, or those since a change."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from services.training.domain.cohort import Rows
from services.training.domain.split import NotEnough, SplitRule


@dataclass(frozen=True, slots=True)
class Window:
    """name: as the pipeline's file has it. length: of event time up to the last row; since: an event time; both in
    microseconds, both None for all rows."""

    name: str = "all"
    length: int | None = None
    since: int | None = None

    def of(self, rows: Rows) -> Rows:
        """The rows within it."""
        if self.length is not None:
            begin = int(rows.event_time[-1]) + 1 - self.length
        elif self.since is not None:
            begin = self.since
        else:
            return rows
        return rows.take(np.arange(np.searchsorted(rows.event_time, begin), len(rows)))


EVERYTHING = Window()


def reaching(windows: Iterable[Window], rows: Rows, rule: SplitRule) -> tuple[Window, ...] | NotEnough:
    """Those that hold enough of the rows to learn from; of several that hold the same, the first."""
    sizes: dict[int, Window] = {}
    most, rarest = 0, 0
    for window in windows:
        held = window.of(rows)
        most, rarest = max(most, len(held)), max(rarest, held.rarer)
        if len(held) >= rule.min_rows and held.rarer >= rule.min_positives:
            sizes.setdefault(len(held), window)
    if sizes:
        return tuple(sizes.values())
    if most < rule.min_rows:
        return NotEnough("training rows within the history that may be tried", most, rule.min_rows)
    return NotEnough("rows of the rarer class within the history that may be tried", rarest, rule.min_positives)
