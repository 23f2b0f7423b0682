"""Floors: what a pipeline's file says is never good enough, whatever was usual before.

Of a measure of which less is better, a floor is the value above which it isn't.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.contracts.pipeline.metric import LOWER_IS_BETTER
from services.contracts.tally import SHARES, Part, Tally
from services.monitoring.domain.alert import Cleared, Fact, Raised, alert_id
from services.monitoring.domain.cusum import CALM
from services.monitoring.domain.standing import Standing
from services.monitoring.domain.trail import Trail
from services.monitoring.domain.window import Run, Window, heaviest

_ENOUGH = 50
"""Rows that count (of which the measure is a share) before it is judged."""
_CERTAIN = 1.96


@dataclass(frozen=True, slots=True)
class Floor:
    """metric: one of SHARES. limit: the value beyond which an alert is raised."""

    metric: str
    limit: float

    def shortfall(self, value: float) -> float:
        """How much worse than the limit a value is; negative if it is better."""
        return value - self.limit if self.metric in LOWER_IS_BETTER else self.limit - value


@dataclass(frozen=True, slots=True)
class Share:
    """A measure and its standard error, from how it differs between runs."""

    value: float
    error: float


_PARTS = {name: of for by_name in SHARES.values() for name, of in by_name.items()}


def _part(metric: str, run: Run) -> Part:
    return _PARTS[metric](Tally.of_errors(run._asdict()))


def share(metric: str, runs: Sequence[Run]) -> Share | None:
    """The measure over some runs, None while fewer than `_ENOUGH` rows count, each once."""
    pairs = [_part(metric, run) for run in runs]
    whole = sum(of for _, of in pairs)
    if whole < _ENOUGH * heaviest(runs):
        return None
    value = sum(part for part, _ in pairs) / whole
    error = math.sqrt(sum((part - value * of) ** 2 for part, of in pairs)) / whole
    if metric != "rmse":
        return Share(value, error)
    root = math.sqrt(value)
    return Share(root, error / (2 * root) if root else 0.0)  # to first order


@dataclass(slots=True)
class FloorWatch:
    """One version's matured windows against a floor: raised when it is certainly beyond, cleared when it hasn't been
    beyond at all so many times in a row.
    """

    pipeline: str
    version: str
    floor: Floor
    standing: Standing | None = None
    trail: Trail = field(default_factory=Trail)
    calm: int = 0
    _waiting: list[Run] = field(default_factory=list)

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window; few rows wait for those of the next."""
        # runs of which no row counts would wait for ever where the measure is never defined
        self._waiting += [run for run in window.runs if _part(self.floor.metric, run)[1]]
        found = share(self.floor.metric, self._waiting)
        if found is None:
            return []
        self._waiting = []
        self.trail.update(window.end, found.value)
        shortfall = self.floor.shortfall(found.value)
        if self.standing is not None:
            return self._watch_on(self.standing, found, window)
        if shortfall <= _CERTAIN * found.error:
            return []
        self.calm, self.standing = 0, Standing(self._raise(found, window), self.trail)
        return [self.standing.raised]

    def _watch_on(self, standing: Standing, found: Share, window: Window) -> list[Fact]:
        self.calm = self.calm + 1 if self.floor.shortfall(found.value) <= 0 else 0
        if self.calm == CALM:
            self.standing = None
            return [Cleared(standing.raised.alert_id, window.clock, "recovered", self.trail.news())]
        # one that is back for the moment isn't worse for being far from the floor on its other side
        news = standing.seen(window.clock, found.value, 2 * _CERTAIN * found.error) if not self.calm else None
        return [] if news is None else [news]

    def _raise(self, found: Share, window: Window) -> Raised:
        metric, limit = self.floor.metric, self.floor.limit
        beyond = "above its limit" if metric in LOWER_IS_BETTER else "below its floor"
        return Raised(
            alert_id=alert_id(self.pipeline, "floor", metric, self.version, window.end),
            kind="floor",
            name=metric,
            version=self.version,
            clock=window.clock,
            value=found.value,
            threshold=limit,
            change=None,
            message=f"The {metric} of {self.version} is {found.value:.3f}, {beyond} {limit:g}.",
            points=self.trail.whole(),
        )
