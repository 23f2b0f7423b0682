"""The baseline: what answers until a learnt model has shown that it is better."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.expression import parse
from services.contracts.pipeline import Pipeline

BASELINE = "baseline"
"""Stands where else a model's version stands."""

BASELINE_THRESHOLD = 0.5
"""Of a score that decides."""


class Baseline:
    """The pipeline's baseline as a scorer: prior, last known value, or a rule over the model's inputs."""

    def __init__(self, pipeline: Pipeline) -> None:
        declared = pipeline.model.baseline
        self._prior, self._task = float(pipeline.label.target.prior), pipeline.label.target.task
        self._last = declared.last
        self._rule = parse(declared.rule) if declared.rule is not None else None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the columns that it reads."""
        if self._last is not None:
            return (self._last,)
        return tuple(self._rule.names) if self._rule is not None else ()

    def scores(self, inputs: Mapping[str, NDArray[Any]], rows: int) -> NDArray[np.float64]:
        """Scores [rows], probabilities between 0 and 1; the prior where the baseline has nothing to go by.

        Several classes are equally probable: [rows, classes].

        inputs: a column [rows] for each model input, numbers as float32, categories as text.
        """
        if self._task.several:
            return np.full((rows, self._task.width), 1 / self._task.width)
        if self._last is not None:
            raw = inputs[self._last].astype(np.float64)
        elif self._rule is not None:
            columns = {name: _column(inputs[name]) for name in self._rule.names}
            raw = self._rule.evaluate(columns, rows).astype(np.float64)
        else:
            raw = np.full(rows, self._prior)
        return np.where(np.isnan(raw), self._prior, self._task.bounded(raw))


def _column(column: NDArray[Any]) -> NDArray[Any]:
    return column if column.dtype == object else column.astype(np.float64)
