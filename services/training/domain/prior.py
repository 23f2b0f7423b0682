"""What labels alone tell: the answer that is the same for every row."""

import numpy as np

from services.contracts.pipeline.learning_task import LearningTask
from services.training.domain.cohort import Floats, Label


def prior(label: Label, metric: str) -> float:
    """The mean of labels that are known; their median where absolute errors count."""
    return float(np.median(label) if metric == "mae" else label.mean())


def alone(known: Label, rows: int, metric: str, task: LearningTask) -> Floats:
    """The prior's answers to so many rows [rows]; of several classes their shares [rows, classes], so that the one
    most of the known rows are of is decided."""
    if task.several:
        return np.tile(np.bincount(known, minlength=task.width) / len(known), (rows, 1))
    return np.full(rows, prior(known, metric))
