"""The kinds of learning task: what follows from each alone. Every place where they differ asks one of these."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.pipeline.metric import OF_CLASSES, OF_NUMBERS


@dataclass(frozen=True, slots=True)
class LearningTask:
    """One kind of task.

    kind: as `label.target.kind`. has_classes: a label is 1 for the positive class, else 0, a score is the probability
    of that class, and an answer decides at a threshold; otherwise label and score are numbers, and nothing is decided.
    target: what the target says of itself where the file doesn't. target_types: Avro types of a label.
    metrics: by which models are measured; live: answers, as they mature. learners: that learn it; learners_by_default:
    those that are tried. output: name of a model file's only output. profiled: the field of a profile that tells of
    scores.
    tolerance: how far a file's scores may lie from the learner's, and a refit_shift at most those of the released model
    from the measured one's in the mean; for numbers, in standard deviations of the label.
    """

    kind: str
    has_classes: bool
    target: Mapping[str, Any]
    target_types: tuple[str, ...]
    metrics: frozenset[str]
    live: frozenset[str]
    learners: tuple[str, ...]
    learners_by_default: tuple[str, ...]
    output: str
    profiled: str
    tolerance: float
    refit_shift: float

    @property
    def width(self) -> int:
        """Columns of the output of a model file."""
        return 2 if self.has_classes else 1

    def label(self, value: Any, positive: Any) -> float:
        """A label's target as a number."""
        if self.has_classes:
            return 1.0 if value == positive else 0.0
        return float(value)

    def bounded(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores [n] as they may be: probabilities between 0 and 1, numbers as they are."""
        return np.clip(scores, 0.0, 1.0) if self.has_classes else scores


BINARY = LearningTask(
    kind="binary",
    has_classes=True,
    target={"positive": True, "prior": 0.5},
    target_types=("boolean", "int", "long", "string", "enum"),
    metrics=OF_CLASSES,
    live=frozenset({"accuracy", "f1", "precision", "recall"}),
    learners=("logistic", "hist_boosting", "forest", "mlp"),
    learners_by_default=("logistic", "hist_boosting"),
    output="probability",
    profiled="score",
    tolerance=1e-5,
    refit_shift=0.1,
)
REGRESSION = LearningTask(
    kind="regression",
    has_classes=False,
    target={"positive": None, "prior": 0.0},
    target_types=("int", "long", "float", "double"),
    metrics=OF_NUMBERS,
    live=frozenset({"coverage", "mae", "rmse"}),
    learners=("linear", "hist_boosting", "forest"),
    learners_by_default=("linear", "hist_boosting"),
    output="prediction",
    profiled="prediction",
    tolerance=1e-3,
    refit_shift=0.5,
)

LEARNING_TASKS: Mapping[str, LearningTask] = {task.kind: task for task in (BINARY, REGRESSION)}
