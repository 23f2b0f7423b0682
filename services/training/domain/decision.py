"""The score from which a row is decided positive."""

import numpy as np
from numpy.typing import NDArray

from services.training.domain.cohort import Floats

EVEN = 0.5

_OF_PROBABILITIES = ("accuracy", "log_loss", "brier", "calibration_error")


def decision_threshold(optimise: str, label: NDArray[np.int8], scores: Floats) -> float:
    """The score from which a row is decided positive: even odds where the measure is of probabilities or of right
    decisions, else where F1 is greatest on these rows (its lowest such score)."""
    if optimise in _OF_PROBABILITIES or label.sum() == 0:
        return EVEN
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(label[order])
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    f1 = 2 * hits[last] / (last + 1 + label.sum())
    return float(ranked[last[np.argmax(f1)]])
