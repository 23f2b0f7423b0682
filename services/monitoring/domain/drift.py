"""Drift of what windows tell against a reference, judged by CUSUM; of fields by the population stability index."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.contracts.histogram import Histogram
from services.contracts.psi import Floats, Grouping, indices_within, psi
from services.monitoring.domain.cusum import Cusum, Verdict
from services.monitoring.domain.distance import Evidence, evidence_of
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of
from services.monitoring.domain.window import Window

EFFECT = 0.1
"""Least index that matters."""
_OF_FEATURES = 0.25
"""That of features: what is made of many events spreads less than these do, so that the same move makes more of it."""
KEPT = 200
"""Windows that are remembered."""

P = TypeVar("P")


@dataclass(slots=True, kw_only=True)
class Drift(ABC, Generic[P]):
    """How far parts of windows lie from a reference. since: those of the excess that may be raised. indices: start, end
    and index of the newest windows.
    """

    cusum: Cusum
    since: deque[P] = field(default_factory=lambda: deque(maxlen=KEPT))
    indices: deque[tuple[int, int, float]] = field(default_factory=lambda: deque(maxlen=KEPT))

    @abstractmethod
    def index(self, part: P) -> float:
        """How far a part of a window lies from the reference."""

    @abstractmethod
    def evidence(self) -> tuple[Evidence, ...]:
        """What other statistics say of the windows that were raised."""

    def columns(self) -> Mapping[str, float]:
        """How much of the distance each column has that they are about, where these are several."""
        return {}

    def update(self, part: P, start: int, end: int) -> Verdict | None:
        """Compare the next window."""
        index = self.index(part)
        self.indices.append((start, end, index))
        standing = self.cusum.raised
        verdict = self.cusum.update(index, start)
        if not standing:
            self.since.append(part)
            if not self.cusum.windows:
                self.since.clear()
        return verdict

    def moved(self, low: int, until: int) -> float:
        """Mean index above the usual level, of windows that began at `low` or later and ended until a time."""
        values = [index for start, end, index in self.indices if start >= low and end <= until]
        return max(0.0, sum(values) / len(values) - self.cusum.level) if values else 0.0


@dataclass(slots=True, kw_only=True)
class FieldDrift(Drift[Histogram]):
    """Watches one field. whole: its reference; reference: rows of it in each group."""

    grouping: Grouping
    whole: Histogram
    reference: Floats

    @classmethod
    def of(cls, policy: Policy, names: tuple[str, ...], windows: Sequence[Histogram], span: float) -> "FieldDrift":
        """From a field's reference windows, each of `span` profile windows. names: seed of the bootstrap."""
        whole = Histogram.merged(windows)
        grouping = Grouping.of(whole)
        counts = [grouping.counts(window) for window in windows]
        overlap = policy.overlap(names[0], names[1], span)
        cusum = cusum_of(policy, names, indices_within(counts, overlap), span)
        return cls(cusum=cusum, grouping=grouping, whole=whole, reference=sum(counts, start=counts[0] * 0))

    def index(self, part: Histogram) -> float:
        """The stability index."""
        return psi(self.reference, self.grouping.counts(part))

    def evidence(self) -> tuple[Evidence, ...]:
        """What other statistics say of the windows that were raised."""
        return evidence_of(self.grouping, self.whole, Histogram.merged(self.since))


def cusum_of(policy: Policy, names: tuple[str, ...], values: Floats, span: float) -> Cusum:
    """What judges an index. names: kind and more, seed of the bootstrap. values: the index of each window of the
    reference against the others; each is of `span` profile windows."""
    season = max(1, round(policy.season / span), policy.overlap(names[0], names[1], span))
    alarms = policy.alarms_in(span * horizon_of(season), names[0])
    effect = _OF_FEATURES if names[0] == "features" else EFFECT
    limit = excess_limit(values, effect / 2, season, alarms, seed_of(policy.pipeline, *names))
    # the correction for chance may go too far; less than nothing is no level to rise from
    level = max(0.0, float(values.mean()))
    return Cusum(level, effect, max(limit, effect * policy.lasting(span)), policy.patience(span))


def span_of(policy: Policy, reference: Sequence[Window]) -> float:
    """How many profile windows each window of a reference holds, at least one."""
    return max(1.0, (reference[-1].end - reference[0].start) / policy.window / len(reference))


def drifts_of(policy: Policy, kind: str, version: str, reference: Sequence[Window]) -> dict[str, FieldDrift]:
    """A watch for each field of the reference's windows (inputs, features, or the score)."""
    span = span_of(policy, reference)
    names = sorted({name for window in reference for name in window.fields})
    return {
        name: FieldDrift.of(
            policy, (kind, name, version), [w.fields[name] for w in reference if name in w.fields], span
        )
        for name in names
    }
