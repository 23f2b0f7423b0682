"""The score from which a row is decided positive."""

import math

import numpy as np
from numpy.typing import NDArray

from services.contracts.pipeline.learning_task import LearningTask
from services.contracts.pipeline.metric import OF_EVEN_ODDS, OF_NUMBERS
from services.training.domain.cohort import Costs, Floats, Label

EVEN = 0.5

NOTHING = math.nan
"""The threshold where nothing is decided: no score reaches it."""


def undecided(task: LearningTask) -> float:
    """The threshold of scores for which none was chosen."""
    return EVEN if task.has_classes else NOTHING


def decision_threshold(
    optimise: str, label: NDArray[np.int8], scores: Floats, costs: Costs | None = None, most: float = math.inf
) -> float:
    """The score from which a row is decided positive: where wrong decisions on these rows cost least, if it is known
    what they cost; even odds where the measure is of probabilities or of right decisions; else where F1 is greatest on
    these rows (its lowest such score). most: so many of the rows may be decided positive; the best of the
    scores at which no more are. Numbers decide nothing, and of several classes no score does alone."""
    if optimise in OF_NUMBERS or scores.ndim > 1:
        return NOTHING
    order, last = _ranked(scores)
    ranked, last = scores[order], last[last + 1 <= most]
    if costs is None and (optimise in OF_EVEN_ODDS or label.sum() == 0):
        even = int((scores >= EVEN).sum())
        return EVEN if even <= most else _nearest(ranked, last)
    if len(last) == 0:
        return _above(ranked)
    if costs is not None:
        saved = np.cumsum(np.where(label == 1, costs.missed, -costs.false_alarm)[order])[last]
        best = int(np.argmax(saved))
        return float(ranked[last[best]]) if saved[best] > 0 else _above(ranked)
    hits = np.cumsum(label[order])
    f1 = 2 * hits[last] / (last + 1 + label.sum())
    return float(ranked[last[np.argmax(f1)]])


def alert_threshold(label: Label, scores: Floats, rate: float) -> float:
    """The score from which a row is flagged, where at most a share of the clean rows (label 0) may be."""
    ranked = -np.sort(-scores[label == 0])
    return _above(ranked[int(rate * len(ranked)) :])


def _nearest(ranked: Floats, last: NDArray[np.intp]) -> float:
    """The lowest of the scores that are allowed."""
    return float(ranked[last[-1]]) if len(last) else _above(ranked)


def _above(ranked: Floats) -> float:
    """Above all these scores: no decision for a positive is worth it, or allowed."""
    return float(np.nextafter(ranked[0], np.inf))


def _ranked(scores: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows by falling score, and the last place of each score among them."""
    order = np.argsort(-scores, kind="stable")
    return order, np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
