"""Drift of fields: the population stability index of each against the reference, judged by CUSUM."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts.histogram import Histogram
from services.contracts.psi import Floats, Grouping, indices_within, psi
from services.monitoring.domain.cusum import Cusum, Verdict
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of
from services.monitoring.domain.window import Window

EFFECT = 0.1
"""Least index that matters."""


@dataclass(slots=True)
class FieldDrift:
    """Watches one field. reference: rows in each group."""

    grouping: Grouping
    reference: Floats
    cusum: Cusum

    @classmethod
    def of(cls, policy: Policy, names: tuple[str, ...], windows: Sequence[Histogram], span: float) -> "FieldDrift":
        """From a field's reference windows, each of `span` profile windows. names: seed of the bootstrap."""
        grouping = Grouping.of(Histogram.merged(windows))
        counts = [grouping.counts(window) for window in windows]
        values = indices_within(counts)
        season = max(1, round(policy.season / span))
        alarms = policy.alarms_in(span * horizon_of(season))
        limit = excess_limit(values, EFFECT / 2, season, alarms, seed_of(policy.pipeline, *names))
        # with many rare groups the correction for chance goes too far; less than nothing is no level to rise from
        cusum = Cusum(max(0.0, float(values.mean())), EFFECT, max(limit, EFFECT))
        return cls(grouping, sum(counts, start=counts[0] * 0), cusum)

    def update(self, window: Histogram, start: int) -> Verdict | None:
        """Compare the next window."""
        return self.cusum.update(psi(self.reference, self.grouping.counts(window)), start)


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
