"""Intervals of measures and of their differences, by a bootstrap over blocks of time."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from services.contracts.pipeline.metric import LOWER_IS_BETTER
from services.training.domain.block_sums import Blocks, Measure
from services.training.domain.cohort import Costs, Floats, Label
from services.training.domain.metric import prepare

_RESAMPLES = 1_000
_DEFINED = 0.9
"""So large a share of the resamples must define the measure."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval. error: standard error; None where fewer than two blocks define it, then low and high
    are None too."""

    value: float
    low: float | None
    high: float | None
    error: float | None
    blocks: int
    rows: int

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        names = ("value", "low", "high", "error", "blocks", "rows")
        return {name: _finite(getattr(self, name)) for name in names}


@dataclass(frozen=True)
class Bootstrap:
    """Countings of the blocks of some rows, the same for everything that is compared on them.

    index: each row's block, 0 to B - 1 [rows]. counts: [R, B]: how often a resample holds each block.
    """

    index: Blocks
    counts: Floats
    confidence: float

    @classmethod
    def over(cls, blocks: NDArray[np.int64], confidence: float, seed: int) -> "Bootstrap":
        """Resamples of whole blocks. blocks: any number that names each row's block [rows]."""
        names, index = np.unique(blocks, return_inverse=True)
        count = len(names)
        draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / max(1, count)), _RESAMPLES)
        return cls(index.astype(np.intp), draws.astype(np.float64), confidence)

    @property
    def size(self) -> int:
        """Blocks."""
        return int(self.counts.shape[1])

    def estimate(self, measure: Measure) -> Estimate:
        """Value, standard error over the resamples, and Student's interval with B - 1 degrees of freedom.

        Quantiles of the resamples would be too narrow for the ten or twenty blocks of a hold-out.
        """
        value = float(measure(np.ones((1, self.size)))[0])
        error = self._error(measure(self.counts)) if self.size > 1 else None
        if error is None or not math.isfinite(value):
            return Estimate(value, None, None, None, self.size, len(self.index))
        half = float(stdtrit(self.size - 1, (1 + self.confidence) / 2)) * error
        return Estimate(value, value - half, value + half, error, self.size, len(self.index))

    def _error(self, values: Floats) -> float | None:
        defined = values[np.isfinite(values)]
        if len(defined) < _DEFINED * len(values):
            return None
        return float(np.std(defined, ddof=1) * math.sqrt(self.size / (self.size - 1)))


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's scores of some rows [rows], of several classes [rows, classes], and the score from which it decides
    positive."""

    score: Floats
    threshold: float

    def take(self, chosen: NDArray[Any]) -> "Answers":
        """Those of some rows."""
        return Answers(self.score[chosen], self.threshold)


def measured(metric: str, label: Label, answers: Answers, bootstrap: Bootstrap, costs: Costs | None = None) -> Estimate:
    """A measure with its interval."""
    return bootstrap.estimate(prepare(metric, label, answers.score, answers.threshold, bootstrap.index, costs))


def advantage(
    metric: str, label: Label, mine: Answers, other: Answers, bootstrap: Bootstrap, costs: Costs | None = None
) -> Estimate:
    """How much better `mine` is than `other` on the same rows (positive: better), paired within every resample."""
    first, second = (prepare(metric, label, one.score, one.threshold, bootstrap.index, costs) for one in (mine, other))
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    return bootstrap.estimate(lambda counts: sign * (first(counts) - second(counts)))


def _finite(number: float | None) -> float | None:
    return number if number is None or math.isfinite(number) else None
