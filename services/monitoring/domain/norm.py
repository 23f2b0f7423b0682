"""What is usual of a symptom in some windows: its share, and how far above that it may be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import or_

import numpy as np

from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.seen import NOTHING, Seen
from services.monitoring.domain.symptom import Symptom
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of
from services.monitoring.domain.window import Window

EFFECT = 0.01
"""Least rise of a share that matters. It must also be a quarter of what is usual."""


@dataclass(slots=True)
class Norm:
    """Judges windows one by one. known: of the windows that it was learnt from. since: those of the excess that may be
    raised.
    """

    symptom: Symptom
    known: Seen
    cusum: Cusum
    since: list[Window] = field(default_factory=list)

    @classmethod
    def of(cls, policy: Policy, names: tuple[str, ...], symptom: Symptom, windows: Sequence[Window]) -> "Norm | None":
        """Learnt from windows in order, None if fewer than two show anything. names: seed of the bootstrap."""
        others = _others([symptom.known([window]) for window in windows])
        counts = [symptom.count(window, known) for window, known in zip(windows, others, strict=True)]
        counts = [count for count in counts if count.rows]
        if len(counts) < 2:
            return None
        values = np.array([count.bad / count.rows for count in counts])
        rows = sum(count.rows for count in counts) / len(counts)
        level = float(values.mean())
        effect = max(EFFECT, level / 4)
        span = max(1.0, (windows[-1].end - windows[0].start) / policy.window / len(windows))
        season = max(1, round(policy.season / span))
        alarms = policy.integrity_alarms_in(span * horizon_of(season))
        # one event more or less is chance even where there was none
        likely = min(0.5, max(level, 1 / rows))
        deviation = math.sqrt(likely * (1 - likely) / rows)
        limit = excess_limit(values, effect / 2, season, alarms, seed_of(policy.pipeline, *names), deviation)
        cusum = Cusum(level, effect, max(limit, effect), policy.patience(span))
        return cls(symptom, symptom.known(windows), cusum)

    @property
    def cusums(self) -> tuple[Cusum, ...]:
        """What may be raised."""
        return (self.cusum,)

    def update(self, window: Window) -> None:
        """Compare the next window; one in which nothing could show it says nothing."""
        count = self.symptom.count(window, self.known)
        if not count.rows:
            return
        if not self.cusum.raised:
            self.since = [*(self.since if self.cusum.windows else ()), window]
        self.cusum.update(count.bad / count.rows, window.start)

    def words(self, cusum: Cusum) -> str:
        """What has happened."""
        rose = f"rose from {cusum.level:.1%} to {cusum.value:.1%}"
        return f"{self.symptom.words} {rose}{self.symptom.detail(self.since, self.known)}"


def _others(parts: Sequence[Seen]) -> list[Seen]:
    """Of each place all parts but it and its neighbours, which resemble it more than the future does; these too where
    few are."""
    apart = 1 if len(parts) >= 4 else 0
    before = list(accumulate(parts, or_, initial=NOTHING))
    after = list(accumulate(reversed(parts), or_, initial=NOTHING))[::-1]
    last = len(parts)
    return [before[max(0, i - apart)] | after[min(last, i + apart + 1)] for i in range(last)]
