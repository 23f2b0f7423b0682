"""The pipeline's baseline as something that answers."""

import numpy as np
from numpy.typing import NDArray

from services.contracts.baseline import BASELINE, BASELINE_THRESHOLD, Baseline
from services.contracts.pipeline import Pipeline
from services.inference.domain.explanation import Explainer
from services.inference.domain.vectors import Vectors


class BaselineScorer:
    """Answers as long as `models` names no champion."""

    version = BASELINE
    digest = policy = policy_digest = ""
    half_width: float | None = None
    explainer: Explainer | None = None

    def __init__(self, pipeline: Pipeline) -> None:
        self._baseline = Baseline(pipeline)
        self.threshold = BASELINE_THRESHOLD if pipeline.label.target.task.has_classes else None
        self.classes = pipeline.label.target.task.names
        self.reads = {name: pipeline.resolved.digests[name] for name in self._baseline.inputs}

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        """Scores [rows], of several classes [rows, classes]."""
        return self._baseline.scores(vectors.columns, len(vectors))
