"""Groups of scores as the hold-out of a candidate had them, so that its live scores can be compared with these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from services.contracts.binning import UNIT_BINS, Binning
from services.contracts.pipeline.learning_task import LearningTask

_TENTHS = 10


@dataclass(frozen=True, slots=True)
class ScoreGroups:
    """expected: rows of the hold-out in each group.

    Probabilities have ten groups of equal width. Numbers have those that lie nearest to the mean of each tenth of the
    hold-out: of a skewed one they hold a little more or less than a tenth, which counts below 0.1 in the index.
    """

    expected: tuple[int, ...]
    edges: tuple[float, ...] | None = None

    @classmethod
    def of(cls, measured: Mapping[str, Any], task: LearningTask) -> "ScoreGroups | None":
        """From the numbers of a manifest; None where they don't tell."""
        bins: Sequence[Mapping[str, Any]] = measured.get("reliability") or ()
        if not bins:
            return None
        if not task.decides:
            scores = [float(one["score"]) for one in bins]
            edges = tuple((low + high) / 2 for low, high in pairwise(scores))
            return cls(tuple(int(one["rows"]) for one in bins), edges)
        expected = [0] * _TENTHS
        for one in bins:
            expected[int(one["bin"])] = int(one["rows"])
        return cls(tuple(expected))

    def counts(self, bins: Sequence[int], counts: Sequence[int]) -> list[int]:
        """Rows in each group. bins: occupied ones of the fixed histogram of scores. counts: rows in each of them."""
        groups = np.zeros(len(self.expected), dtype=np.int64)
        if len(bins):
            np.add.at(groups, self._group(np.asarray(bins, dtype=np.int64)), np.asarray(counts, dtype=np.int64))
        return [int(count) for count in groups]

    def _group(self, bins: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        if self.edges is None:
            return np.clip(bins * _TENTHS // UNIT_BINS, 0, _TENTHS - 1)
        middles = [sum(Binning.SIGNED_LOG.edges(int(one))) / 2 for one in bins]
        return np.searchsorted(np.array(self.edges), np.array(middles), side="right").astype(np.int64)
