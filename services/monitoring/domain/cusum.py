"""Page's CUSUM of a statistic's excess over its reference, with hysteresis.

Page, Continuous inspection schemes, Biometrika 1954.
"""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["raised", "cleared"]

NEEDED = 2
"""Windows that must show a change before it is raised: one alone gives at most half of the limit."""
CALM = 3
"""Least windows in a row that clear it, each below the allowance: half of the least effect, well below what raises."""


@dataclass(slots=True)
class Cusum:
    """Judges one statistic a window at a time.

    level: mean in the reference. effect: excess over it that matters; half of it is CUSUM's allowance. limit: of the
    accumulated excess. patience: windows in a row that clear it, at least `CALM`. total: accumulated. windows, first:
    how many it spans, and the mean over them as `value`.
    """

    level: float
    effect: float
    limit: float
    patience: int = CALM
    total: float = 0.0
    windows: int = 0
    sum: float = 0.0
    started: int = 0
    raised: bool = False
    calm: int = 0
    last: float = 0.0
    recent: tuple[float, ...] = ()

    @property
    def value(self) -> float:
        """Mean of the statistic since the excess began."""
        return self.sum / self.windows if self.windows else self.level

    @property
    def latest(self) -> float:
        """Mean of the newest windows, as many as it took to raise it: as sure as `value`, and as it is now."""
        if not self.windows:
            return self.level
        return (sum(self.recent) + self.value * (self.windows - len(self.recent))) / self.windows

    @property
    def threshold(self) -> float:
        """What that mean has to stay below."""
        run = max(1, self.windows)
        return self.level + max(self.effect, self.effect / 2 + self.limit / run)

    def update(self, value: float, start: int, strictness: float = 1.0) -> Verdict | None:
        """Take in the next window, which began at `start`; strictness: limits to pass. Returns what follows from it."""
        self.last = value
        if self.raised:
            self.recent = (*self.recent, value)[-self.windows :]
            return self._calm_down(value)
        gain = min(value - self.level - self.effect / 2, self.limit / NEEDED)
        if self.total + gain <= 0:
            self.total, self.windows, self.sum = 0.0, 0, 0.0
            return None
        if not self.windows:
            self.started = start
        self.total += gain
        self.windows += 1
        self.sum += value
        if self.total < strictness * self.limit * (1 - 1e-9) or self.value - self.level < self.effect:
            return None
        self.raised, self.calm, self.recent = True, 0, ()
        return "raised"

    def _calm_down(self, value: float) -> Verdict | None:
        self.calm = self.calm + 1 if value - self.level < self.effect / 2 else 0
        if self.calm < self.patience:
            return None
        self.raised, self.total, self.windows, self.sum = False, 0.0, 0, 0.0
        return "cleared"
