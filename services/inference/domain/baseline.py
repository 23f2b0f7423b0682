"""The baseline: what answers until a learnt model has shown that it is better."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.expression import parse
from services.contracts.pipeline import Pipeline
from services.inference.domain.vectors import Vectors

BASELINE = "baseline"
_THRESHOLD = 0.5


class Baseline:
    """The pipeline's baseline as a scorer: prior, last known value, or a rule over the features."""

    version = BASELINE
    digest = ""
    threshold = _THRESHOLD

    def __init__(self, pipeline: Pipeline) -> None:
        declared = pipeline.model.baseline
        self._prior = float(pipeline.label.target.prior)
        self._last = declared.last
        self._rule = parse(declared.rule) if declared.rule is not None else None
        self._time = pipeline.event.time.field

    def scores(self, vectors: Vectors, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """Scores [rows] between 0 and 1; the prior where the baseline has nothing to go by."""
        if self._last is not None:
            raw: NDArray[Any] = vectors.columns[self._last].astype(np.float64)
        elif self._rule is not None:
            raw = np.broadcast_to(
                np.asarray(self._rule.evaluate({**vectors.columns, self._time: times}), np.float64), len(vectors)
            )
        else:
            raw = np.full(len(vectors), self._prior)
        return np.where(np.isnan(raw), self._prior, np.clip(raw, 0.0, 1.0))
