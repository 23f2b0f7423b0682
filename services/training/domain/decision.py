"""The score from which a row is decided positive."""

import numpy as np
from numpy.typing import NDArray

from services.training.domain.cohort import Costs, Floats

EVEN = 0.5

_OF_PROBABILITIES = ("accuracy", "log_loss", "brier", "calibration_error")


def decision_threshold(optimise: str, label: NDArray[np.int8], scores: Floats, costs: Costs | None = None) -> float:
    """The score from which a row is decided positive: where wrong decisions on these rows cost least, if it is known
    what they cost; even odds where the measure is of probabilities or of right decisions; else where F1 is greatest on
    these rows (its lowest such score)."""
    if costs is not None:
        return _cheapest(label, scores, costs)
    if optimise in _OF_PROBABILITIES or label.sum() == 0:
        return EVEN
    order, last = _ranked(scores)
    ranked, hits = scores[order], np.cumsum(label[order])
    f1 = 2 * hits[last] / (last + 1 + label.sum())
    return float(ranked[last[np.argmax(f1)]])


def _cheapest(label: NDArray[np.int8], scores: Floats, costs: Costs) -> float:
    """Above all scores where no decision for a positive is worth it."""
    order, last = _ranked(scores)
    saved = np.cumsum(np.where(label == 1, costs.missed, -costs.false_alarm)[order])[last]
    best = int(np.argmax(saved))
    ranked = scores[order][last]
    return float(ranked[best]) if saved[best] > 0 else float(np.nextafter(ranked[0], np.inf))


def _ranked(scores: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows by falling score, and the last place of each score among them."""
    order = np.argsort(-scores, kind="stable")
    return order, np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
