"""Inference steps to try the laws on: with one model, with a version in flight beside it, with explanations."""

import numpy as np
from numpy.typing import NDArray

from services.contracts.pipeline import Pipeline
from services.inference.domain.baseline import BaselineScorer
from services.inference.domain.challenger import Challenger
from services.inference.domain.explanation import Explainer
from services.inference.domain.vectors import Vectors
from services.inference.step import InferenceStep


class InFlight(BaselineScorer):
    """Stands for a version that has no answer to the dear ones."""

    version, digest = "v2", "d2"

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        """By the amount."""
        amounts = vectors.columns["amount"].astype(np.float64)
        return np.where(amounts < 40, amounts / 50, np.nan)


def alone(pipeline: Pipeline) -> InferenceStep:
    """The baseline answers."""
    scorer = BaselineScorer(pipeline)
    return InferenceStep(pipeline, lambda: scorer)


def paired(pipeline: Pipeline) -> InferenceStep:
    """A version in flight answers half of the entities."""
    scorer, challenger = BaselineScorer(pipeline), Challenger(InFlight(pipeline), 0.5)
    return InferenceStep(pipeline, lambda: scorer, in_flight=lambda: challenger)


def explaining(pipeline: Pipeline) -> InferenceStep:
    """The baseline's rule stands for a model."""
    scorer, layout = BaselineScorer(pipeline), pipeline.resolved.layout
    numbers = np.arange(4 * len(layout.numbers), dtype=np.float32).reshape(4, -1)
    scorer.explainer = Explainer(scorer.scores, Vectors(layout.numbers, layout.categories, numbers, [["a"]] * 4))
    return InferenceStep(pipeline, lambda: scorer)
