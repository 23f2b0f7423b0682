"""Other ways to decide: river's detectors on errors, other statistics on fields, both as monitoring might use them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from river.drift import ADWIN, KSWIN, PageHinkley
from river.drift.binary import DDM

from services.contracts.histogram import Histogram
from services.contracts.psi import Grouping, psi
from services.contracts.rank_correlation import RankCorrelation
from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.distance import jensen_shannon, kolmogorov_smirnov
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.reconstruction import reconstruction_error
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of
from services.monitoring.domain.window import Window

DETECTORS: dict[str, Callable[[], Any]] = {
    "ADWIN": ADWIN,
    "Page-Hinkley": PageHinkley,
    "DDM": DDM,
    "KSWIN": lambda: KSWIN(seed=1),
}
BY_RUNS = ("KSWIN",)
"""These take the mean of each 32 outcomes: a test of 0.3 ms for every outcome is dear, and knows no zeros and ones."""


@dataclass
class River:
    """One detector at its defaults. fired: steps at which it did."""

    name: str
    detector: Any = None
    fired: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.detector = DETECTORS[self.name]()

    def update(self, step: int, wrong: Sequence[int], runs: Sequence[float]) -> None:
        """Take in the errors of a step."""
        for value in runs if self.name in BY_RUNS else wrong:
            self.detector.update(value)
            if self.detector.drift_detected:
                self.fired.append(step)


def _psi(reference: Histogram, window: Histogram) -> float:
    grouping = Grouping.of(reference)
    return psi(grouping.counts(reference), grouping.counts(window))


def _js(reference: Histogram, window: Histogram) -> float:
    grouping = Grouping.of(reference)
    return jensen_shannon(grouping.counts(reference), grouping.counts(window)) ** 2


def _ks(reference: Histogram, window: Histogram) -> float:
    if len(reference.bins) and len(window.bins):
        return kolmogorov_smirnov(reference, window)
    grouping = Grouping.of(reference)
    shares = [counts / max(1.0, counts.sum()) for counts in (grouping.counts(reference), grouping.counts(window))]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


STATISTICS: dict[str, tuple[Callable[[Histogram, Histogram], float], float]] = {
    "stability index": (_psi, 0.1),
    "Jensen-Shannon": (_js, 0.1 / 8 / np.log(2)),
    "Kolmogorov-Smirnov": (_ks, 0.125),
}
"""Each with the least effect that matters, the same in all for a normal field that moves: a third of its deviation."""

RECONSTRUCTION, ERROR = "PCA reconstruction", 0.02
"""Its name, and the least change of it that matters: a share of the variance."""


class Judged:
    """The fields of a stream's windows by one statistic: limits by bootstrap, CUSUM, as `FieldDrift` has it."""

    def __init__(self, policy: Policy, name: str, reference: Sequence[Window]) -> None:
        self._statistic, effect = STATISTICS[name]
        self.fired: list[int] = []
        self._held = {key: [window.fields[key] for window in reference] for key in reference[0].fields}
        self._whole = {key: Histogram.merged(held) for key, held in self._held.items()}
        self._cusums = {}
        for key, held in self._held.items():
            values = np.array([self._without(held, place) for place in range(len(held))])
            alarms = policy.alarms_in(horizon_of(policy.season))
            seed = seed_of(policy.pipeline, name, key)
            limit = excess_limit(values, effect / 2, policy.season, alarms, seed)
            self._cusums[key] = Cusum(max(0.0, float(values.mean())), effect, max(limit, effect))

    def update(self, step: int, window: Window) -> None:
        """Compare the next window."""
        for key, cusum in self._cusums.items():
            if cusum.update(self._statistic(self._whole[key], window.fields[key]), window.start) == "raised":
                self.fired.append(step)

    def _without(self, held: Sequence[Histogram], place: int) -> float:
        others = [one for number, one in enumerate(held) if abs(number - place) > 1]
        return self._statistic(Histogram.merged(others), held[place])


class Reconstructed:
    """How numbers go together, by the error of reconstructing them from the reference's principal components: how far
    it is from what it was, on either side; judged likewise.
    """

    def __init__(self, policy: Policy, reference: Sequence[RankCorrelation]) -> None:
        self.fired: list[int] = []
        self._whole = RankCorrelation.merged(reference)
        self._usual = reconstruction_error(self._whole, self._whole)
        values = np.array([self._without(reference, place) for place in range(len(reference))])
        alarms = policy.alarms_in(horizon_of(policy.season), "multivariate")
        limit = excess_limit(values, ERROR / 2, policy.season, alarms, seed_of(policy.pipeline, RECONSTRUCTION))
        self._cusum = Cusum(float(values.mean()), ERROR, max(limit, ERROR))

    def update(self, step: int, window: RankCorrelation) -> None:
        """Compare the next window."""
        far = abs(reconstruction_error(self._whole, window) - self._usual)
        if self._cusum.update(far, step) == "raised":
            self.fired.append(step)

    def _without(self, held: Sequence[RankCorrelation], place: int) -> float:
        others = RankCorrelation.merged([one for number, one in enumerate(held) if abs(number - place) > 1])
        return abs(reconstruction_error(others, held[place]) - reconstruction_error(others, others))
