"""The kinds of learning task: what follows from each alone. Every place where they differ asks one of these."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.pipeline.metric import OF_ANOMALY, OF_CLASSES, OF_NUMBERS, OF_SEVERAL


@dataclass(frozen=True, slots=True)
class LearningTask:
    """One kind of task.

    kind: as `label.target.kind`. has_classes: there are two: a label is 1 for the positive class, else 0, a score is
    the probability of that class, and an answer decides at a threshold; otherwise label and score are numbers, and
    nothing is decided, but where there are `several` classes: a label is the number of its class, from 0, scores are
    the probabilities of all of them in this order, and the most probable one is decided. classes: of a pipeline, those.
    labelled: events have labels. Where they have none, what is usual is learnt, a score between 0 and 1 says how
    unusual an event is, and rows are positive that were made so, to measure by.
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
    several: bool = False
    labelled: bool = True
    classes: tuple[int | str, ...] = ()

    @property
    def classifies(self) -> bool:
        """Whether scores are probabilities of classes, of two or of several."""
        return self.decides and self.labelled

    @property
    def decides(self) -> bool:
        """Whether an answer decides anything: for a class, or that an event is unusual."""
        return self.has_classes or self.several

    @property
    def counts_positives(self) -> bool:
        """Whether labels say of some events that they are positive."""
        return self.has_classes and self.labelled

    @property
    def width(self) -> int:
        """Columns of the output of a model file."""
        if self.several:
            return len(self.classes)
        return 2 if self.classifies else 1

    @property
    def names(self) -> tuple[str, ...]:
        """Of several classes, as texts, in the order of their numbers."""
        return tuple(map(str, self.classes))

    def label(self, value: Any, positive: Any) -> float:
        """A label's target as a number. Raises ValueError for none of several classes."""
        if self.several:
            return float(self.classes.index(value))
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
MULTICLASS = LearningTask(
    kind="multiclass",
    has_classes=False,
    target={"positive": None, "prior": 0.0},
    target_types=("int", "long", "string", "enum"),
    metrics=OF_SEVERAL,
    live=frozenset({"accuracy"}),
    learners=("logistic", "hist_boosting", "forest", "mlp"),
    learners_by_default=("logistic", "hist_boosting"),
    output="probability",
    profiled="score",
    tolerance=1e-5,
    refit_shift=0.1,
    several=True,
)

ANOMALY = LearningTask(
    kind="anomaly",
    has_classes=True,
    target={"positive": True, "prior": 0.0},
    target_types=("boolean",),
    metrics=OF_ANOMALY,
    live=frozenset(),
    learners=("isolation_forest",),
    learners_by_default=("isolation_forest",),
    output="anomaly_score",
    profiled="score",
    tolerance=1e-5,
    refit_shift=0.05,
    labelled=False,
)

LEARNING_TASKS: Mapping[str, LearningTask] = {task.kind: task for task in (BINARY, REGRESSION, MULTICLASS, ANOMALY)}
