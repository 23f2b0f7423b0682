"""Errors of a model's answers: a measure watched by river's ADWIN and by CUSUM against its own first windows.

ADWIN (Bifet and Gavaldà 2007) notices a change and about when; on autocorrelated errors it does so constantly, so only
what also passes the block bootstrap's limit counts.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from river.drift import ADWIN

from services.monitoring.domain.alert import Change
from services.monitoring.domain.changepoint import locate
from services.monitoring.domain.cusum import Cusum, Verdict
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of
from services.monitoring.domain.window import Run, Window

PARTS = 48
"""The runs of a window are put together to at most so many."""
KEPT = 4000
"""Runs kept to find a change in."""

_COLUMNS = {
    "error_rate": ("wrong", "rows"),
    "brier": ("total", "rows"),
    "miss_rate": ("missed", "positives"),
    "positive_brier": ("positive_total", "positives"),
}
_ENOUGH = {"rows": 100, "positives": 10}
"""What a window must hold to be judged; fewer are put together with the next."""
_EFFECT = {"error_rate": 0.02, "brier": 0.01, "miss_rate": 0.1, "positive_brier": 0.05}
"""Least rise that matters; a quarter of the reference's level if that is more."""
_RELATIVE = 0.25


def _adwin() -> ADWIN:
    # eager, and looking at every value: what it notices is only half of a verdict
    return ADWIN(delta=0.05, clock=1)  # type: ignore[no-untyped-call]


@dataclass(slots=True)
class Sums:
    """A measure's sums over some runs."""

    from_time: int
    to_time: int
    error: float
    rows: float

    @property
    def value(self) -> float:
        return self.error / self.rows


@dataclass(slots=True)
class ErrorWatch:
    """Watches one measure of one version. clock: of the newest window taken in."""

    policy: Policy
    version: str
    measure: str
    adwin: ADWIN = field(default_factory=_adwin)
    runs: deque[Sums] = field(default_factory=lambda: deque(maxlen=KEPT))
    waiting: list[Window] = field(default_factory=list)
    reference: list[tuple[float, int]] = field(default_factory=list)
    cusum: Cusum | None = None
    noticed: int | None = None

    def update(self, window: Window) -> Verdict | None:
        """Take in the next window; returns what follows from it."""
        self._notice(window)
        self.waiting.append(window)
        whole = self._sums([run for held in self.waiting for run in held.runs])
        enough = _ENOUGH[_COLUMNS[self.measure][1]]
        if whole is None or (whole.rows < enough and len(self.waiting) < self.policy.season):
            return None
        start, span, self.waiting = self.waiting[0].start, len(self.waiting), []
        if self.cusum is None:
            self._learn(whole.value, span)
            return None
        return self._confirmed(self.cusum, whole.value, start)

    def change(self) -> Change | None:
        """When the change that was raised began."""
        if self.cusum is None or len(self.runs) < 2:
            return None
        return locate(
            [(run.from_time, run.to_time) for run in self.runs],
            np.array([run.value for run in self.runs]),
            np.array([run.rows for run in self.runs]),
        )

    def _confirmed(self, cusum: Cusum, value: float, start: int) -> Verdict | None:
        verdict = cusum.update(value, start)
        if verdict == "raised" and self.noticed is None:
            cusum.raised = False
            return None
        if verdict == "cleared":
            self.noticed = None
        return verdict

    def _learn(self, value: float, span: int) -> None:
        self.reference.append((value, span))
        if sum(span for _, span in self.reference) < self.policy.arm or len(self.reference) < 4:
            return
        values = np.array([value for value, _ in self.reference])
        mean_span = sum(span for _, span in self.reference) / len(self.reference)
        season = max(1, round(self.policy.season / mean_span))
        level = float(values.mean())
        effect = max(_EFFECT[self.measure], _RELATIVE * level)
        alarms = self.policy.alarms_in(mean_span * horizon_of(season))
        seed = seed_of(self.policy.pipeline, "quality", self.measure, self.version)
        limit = excess_limit(values, effect / 2, season, alarms, seed)
        self.cusum = Cusum(level, effect, max(limit, effect))
        self.noticed = None

    def _notice(self, window: Window) -> None:
        group = -(-len(window.runs) // PARTS) if window.runs else 1
        for first in range(0, len(window.runs), group):
            sums = self._sums(window.runs[first : first + group])
            if sums is None:
                continue
            self.runs.append(sums)
            before = self.adwin.estimation
            self.adwin.update(sums.value)  # type: ignore[no-untyped-call]
            if self.adwin.drift_detected and self.adwin.estimation > before:
                self.noticed = sums.to_time

    def _sums(self, runs: Sequence[Run]) -> Sums | None:
        error, rows = _COLUMNS[self.measure]
        count = sum(getattr(run, rows) for run in runs)
        if not count:
            return None
        total = sum(getattr(run, error) for run in runs)
        return Sums(min(run.from_time for run in runs), max(run.to_time for run in runs), total, count)
