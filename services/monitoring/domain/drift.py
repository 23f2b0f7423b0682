"""Drift of fields: the population stability index of each against the reference, judged by CUSUM."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.contracts.histogram import Histogram
from services.contracts.psi import Floats, Grouping, indices_within, psi
from services.monitoring.domain.cusum import Cusum, Verdict
from services.monitoring.domain.distance import Evidence, evidence_of
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of
from services.monitoring.domain.window import Window

EFFECT = 0.1
"""Least index that matters."""
KEPT = 200
"""Windows that are remembered."""


@dataclass(slots=True)
class FieldDrift:
    """Watches one field. whole: its reference; reference: rows of it in each group. since: windows of the excess that
    may be raised. indices: start, end and index of the newest windows.
    """

    grouping: Grouping
    whole: Histogram
    reference: Floats
    cusum: Cusum
    since: deque[Histogram] = field(default_factory=lambda: deque(maxlen=KEPT))
    indices: deque[tuple[int, int, float]] = field(default_factory=lambda: deque(maxlen=KEPT))

    @classmethod
    def of(cls, policy: Policy, names: tuple[str, ...], windows: Sequence[Histogram], span: float) -> "FieldDrift":
        """From a field's reference windows, each of `span` profile windows. names: seed of the bootstrap."""
        whole = Histogram.merged(windows)
        grouping = Grouping.of(whole)
        counts = [grouping.counts(window) for window in windows]
        values = indices_within(counts)
        season = max(1, round(policy.season / span))
        alarms = policy.alarms_in(span * horizon_of(season))
        limit = excess_limit(values, EFFECT / 2, season, alarms, seed_of(policy.pipeline, *names))
        # with many rare groups the correction for chance goes too far; less than nothing is no level to rise from
        cusum = Cusum(max(0.0, float(values.mean())), EFFECT, max(limit, EFFECT), policy.patience(span))
        return cls(grouping, whole, sum(counts, start=counts[0] * 0), cusum)

    def update(self, window: Histogram, start: int, end: int) -> Verdict | None:
        """Compare the next window."""
        index = psi(self.reference, self.grouping.counts(window))
        self.indices.append((start, end, index))
        standing = self.cusum.raised
        verdict = self.cusum.update(index, start)
        if not standing:
            self.since.append(window)
            if not self.cusum.windows:
                self.since.clear()
        return verdict

    def evidence(self) -> tuple[Evidence, ...]:
        """What other statistics say of the windows that were raised."""
        return evidence_of(self.grouping, self.whole, Histogram.merged(self.since))

    def moved(self, low: int, until: int) -> float:
        """Mean index above the usual level, of windows that began at `low` or later and ended until a time."""
        values = [index for start, end, index in self.indices if start >= low and end <= until]
        return max(0.0, sum(values) / len(values) - self.cusum.level) if values else 0.0


def drifts_of(policy: Policy, kind: str, version: str, reference: Sequence[Window]) -> dict[str, FieldDrift]:
    """A watch for each field of the reference's windows (inputs, or the score)."""
    span = (reference[-1].end - reference[0].start) / policy.window / len(reference)
    names = sorted({name for window in reference for name in window.fields})
    return {
        name: FieldDrift.of(
            policy, (kind, name, version), [w.fields[name] for w in reference if name in w.fields], max(1.0, span)
        )
        for name in names
    }
