"""Errors of a version's answers: a measure watched by CUSUM and by river's ADWIN against the version's own windows.

ADWIN (Bifet and Gavaldà 2007) alone alarms constantly on autocorrelated errors, and needs hundreds of values to notice
what happens to a few positives a day. So CUSUM with the block bootstrap's limit decides; where ADWIN has noticed a rise
as well, the limit is enough, else half as much again is asked for.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.monitoring.domain.alert import Change
from services.monitoring.domain.changepoint import locate
from services.monitoring.domain.cusum import Cusum, Verdict
from services.monitoring.domain.distance import Evidence
from services.monitoring.domain.measure import Measure, Sums
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of
from services.monitoring.domain.trail import Trail
from services.monitoring.domain.window import Window, heaviest, needed
from services.monitoring.domain.witness import witnesses

PARTS = 48
"""The runs of a window are put together to at most so many."""
KEPT = 4000
"""Runs kept to find a change in."""
UNNOTICED = 1.5
"""Times the limit that a rise needs which ADWIN hasn't noticed."""


def _adwin() -> Any:
    # river brings scikit-learn with it, which takes longer to load than all else of the service
    from river.drift import ADWIN

    # eager, and looking at every value: what it notices is only half of a verdict
    untyped: Any = ADWIN
    return untyped(delta=0.05, clock=1)


@dataclass(slots=True)
class ErrorWatch:
    """Watches one measure of one version.

    The reference begins with the version's first windows and grows to two seasons, a day at a time, while nothing
    rises.
    has_judged: whether the newest window was judged by it.
    """

    policy: Policy
    version: str
    measure: Measure
    adwin: Any = field(default_factory=_adwin)
    runs: deque[Sums] = field(default_factory=lambda: deque(maxlen=KEPT))
    waiting: list[Window] = field(default_factory=list)
    reference: list[tuple[Sums, int]] = field(default_factory=list)
    judged: list[tuple[Sums, int]] = field(default_factory=list)
    cusum: Cusum | None = None
    noticed: Evidence | None = None
    has_judged: bool = False
    trail: Trail = field(default_factory=Trail)

    def update(self, window: Window) -> Verdict | None:
        """Take in the next window; returns what follows from it."""
        self._notice(window)
        self.has_judged = False
        self.waiting.append(window)
        runs = [run for held in self.waiting for run in held.runs]
        enough = needed(self.measure.enough * heaviest(runs), len(self.waiting), self.policy.day)
        if self.measure.rows_of(runs) < enough and len(self.waiting) < self.policy.season:
            return None
        whole = self.measure.of(runs)
        if whole is None:
            return None
        start, span, self.waiting = self.waiting[0].start, len(self.waiting), []
        self.trail.update(window.end, whole.value)
        if self.cusum is None:
            self.reference.append((whole, span))
            self._learn()
            return None
        self.judged.append((whole, span))
        self.has_judged = True
        return self._judge(self.cusum, whole.value, start)

    def evidence(self) -> tuple[Evidence, ...]:
        """What river's detectors say of the change that was raised."""
        if self.cusum is None:
            return ()
        seed = seed_of(self.policy.pipeline, "kswin", self.measure.name, self.version)
        return (*((self.noticed,) if self.noticed else ()), *witnesses(tuple(self.runs), self.cusum.started, seed))

    def change(self) -> Change | None:
        """When the change that was raised began."""
        if len(self.runs) < 2:
            return None
        return locate(
            [(run.from_time, run.to_time) for run in self.runs],
            np.array([run.value for run in self.runs]),
            np.array([run.rows for run in self.runs]),
        )

    def _judge(self, cusum: Cusum, value: float, start: int) -> Verdict | None:
        verdict = cusum.update(value, start, 1.0 if self.noticed else UNNOTICED)
        if verdict == "cleared":
            self.noticed = None
        if not cusum.windows and _span(self.judged) >= self.policy.day:
            if _span(self.reference) < self.policy.reference:
                self.reference += self.judged
                self._learn()
            self.judged = []
        return verdict

    def _learn(self) -> None:
        if _span(self.reference) < self.policy.arm or len(self.reference) < 4:
            return
        values = np.array([sums.value for sums, _ in self.reference])
        deviation = float(np.sqrt(np.mean([sums.deviation**2 for sums, _ in self.reference])))
        span = _span(self.reference) / len(self.reference)
        season = max(1, round(self.policy.season / span))
        level = float(values.mean())
        effect = self.measure.least_rise(level)
        alarms = self.policy.alarms_in(span * horizon_of(season))
        seed = seed_of(self.policy.pipeline, "quality", self.measure.name, self.version)
        limit = excess_limit(values, effect / 2, season, alarms, seed, deviation)
        if self.cusum is None:
            self.noticed = None
        self.cusum = Cusum(level, effect, max(limit, effect * self.policy.lasting(span)), self.policy.patience(span))

    def _notice(self, window: Window) -> None:
        group = max(1, -(-len(window.runs) // PARTS))
        for first in range(0, len(window.runs), group):
            sums = self.measure.of(window.runs[first : first + group])
            if sums is None:
                continue
            self.runs.append(sums)
            before = self.adwin.estimation
            self.adwin.update(sums.value)
            if self.adwin.drift_detected:
                rose = self.adwin.estimation > before
                self.noticed = Evidence("adwin", self.adwin.estimation, at=sums.to_time) if rose else None


def _span(judged: Sequence[tuple[Sums, int]]) -> int:
    """Profile windows of all of them."""
    return sum(span for _, span in judged)
