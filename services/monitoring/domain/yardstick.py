"""Whether a yardstick, a learner that never stops learning, answers better than the champion: then a model could, too.

A bet that may be looked at at any time (see `contracts.sequential`): the chance that it is ever won about a champion
that isn't worse is bounded, however long that answers. What is certain must also matter.
"""

from bisect import bisect_left
from collections.abc import Mapping
from math import log
from operator import itemgetter
from typing import Any

import numpy as np

from services.contracts.advantage import PART_OF_LOSS, Block, counted, together
from services.contracts.sequential import interval, log_capital
from services.monitoring.domain.alert import Cleared, Fact, Raised, alert_id
from services.monitoring.domain.reference import Model
from services.monitoring.domain.trail import Trail

KIND = "yardstick"
ALPHA = 0.01
"""Chance that an alert is ever raised about a champion that isn't worse."""
LEAST = 0.05
"""Advantage over all events that matters, as a part of the champion's loss on its hold-out."""
DAY = 86_400_000_000
"""Length of a block: what lies in one resembles each other."""


class Yardsticks:
    """A fold of what a yardstick was measured by, and of the champions: about the present one the same alert follows,
    whichever of both comes first.

    It counts by datasets that are later than the champion's clock. An alert stands until another model answers.
    """

    def __init__(self, pipeline: str) -> None:
        self._pipeline, self._model = pipeline, Model()
        self._measured: list[Mapping[str, Any]] = []
        self._open: Raised | None = None

    def update(self, measured: Mapping[str, Any]) -> list[Fact]:
        """Take in the next YardstickMeasured."""
        if measured["clock"] <= self._model.clock:
            return []
        before = self._measured[-1]["clock"] if self._measured else self._model.clock
        self._measured.append(measured)
        return self._judged() if measured["clock"] // DAY > before // DAY else []

    def adopt(self, model: Model) -> list[Fact]:
        """Take in a champion; one that isn't newer than the last changes nothing, nor does another policy of it."""
        if model.sequence <= self._model.sequence or model.version == self._model.version:
            return []
        over = self._over(model.clock)
        self._model = model
        self._measured = [one for one in self._measured if one["clock"] > model.clock]
        return over + self._judged()

    def dismiss(self) -> list[Fact]:
        """No model is champion any more."""
        self._model = Model(sequence=self._model.sequence)
        return self._over(0)

    def open(self) -> list[Raised]:
        """The alert that stands, if any."""
        return [] if self._open is None else [self._open]

    def _over(self, clock: int) -> list[Fact]:
        over, self._open = self._open, None
        return [] if over is None else [Cleared(over.alert_id, max(clock, over.clock), "superseded")]

    def _judged(self) -> list[Fact]:
        loss = self._model.loss
        blocks = [] if self._open is not None or loss is None else together(self._days())
        if loss is None or not blocks:
            return []
        scale, least = PART_OF_LOSS * loss, LEAST * loss
        has_won = log_capital(counted(blocks, scale), 0.0) >= -log(ALPHA)
        rows, gains, _ = np.cumsum(blocks, axis=0).T
        places = np.flatnonzero(has_won & (gains > least * rows))
        if not len(places):
            return []
        self._open = self._raised(blocks[: places[0] + 1], scale, least)
        return [self._open]

    def _days(self) -> list[Block]:
        """What the champion answered, by the days of the datasets' clocks that are over."""
        clocks = list(map(itemgetter("clock"), self._measured))
        days: dict[int, Block] = {}
        for one in self._measured:
            # a dataset holds what lies before its clock
            day = (one["clock"] - 1) // DAY
            known = bisect_left(clocks, (day + 1) * DAY)
            for sums in one["pairs"]:
                if sums["version"] == self._model.version and known < len(clocks):
                    held = days.get(day, Block())
                    gain = held.gain + sums["other_loss"] - sums["loss"]
                    days[day] = Block(held.rows + sums["rows"], gain, clocks[known])
        return [block for block in days.values() if block.rows]

    def _raised(self, blocks: list[Block], scale: float, least: float) -> Raised:
        learner, version, clock = self._measured[-1]["learner"], self._model.version, blocks[-1].known
        rows = sum(block.rows for block in blocks)
        advantage = sum(block.gain for block in blocks) / rows
        low, _ = interval(counted(blocks, scale), 2 * ALPHA)
        trail = Trail()
        for block in blocks:
            trail.update(block.known, block.gain / block.rows)
        return Raised(
            alert_id=alert_id(self._pipeline, KIND, learner, version, clock),
            kind=KIND,
            name=learner,
            version=version,
            clock=clock,
            value=advantage,
            threshold=least,
            change=None,
            message=f"An online learner ({learner}) answers better than {version}: over {rows:,} labelled events it "
            f"lost {advantage:.3g} less, of days at least {low * scale:.3g}.",
            points=trail.whole(),
        )
