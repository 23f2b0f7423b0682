"""Measures of several classes, of which the most probable one is decided."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from services.training.domain.block_sums import Blocks, Measure, mean_of, ratio, sums
from services.training.domain.cohort import Floats, Label

_SMALLEST = 1e-7


def decided(score: Floats) -> NDArray[np.intp]:
    """Number of the most probable class, the first of several alike. score: [rows, classes]."""
    found: NDArray[np.intp] = score.argmax(axis=1)
    return found


def surprise(label: Label, score: Floats) -> Floats:
    """Log loss of each row [rows]: of the probability that was given to its class."""
    told = np.take_along_axis(score, label.astype(np.intp)[:, None], axis=1)[:, 0]
    found: Floats = -np.log(np.clip(told, _SMALLEST, 1.0))
    return found


def right(label: Label, score: Floats) -> Floats:
    """1 for each row whose class was decided, else 0 [rows]."""
    found: Floats = np.equal(decided(score), label).astype(np.float64)
    return found


def prepare(metric: str, label: Label, score: Floats, blocks: Blocks) -> Measure:
    """As `metric.prepare`. score: [rows, classes]. Raises KeyError for what doesn't measure several classes."""
    return _PREPARED[metric](label, score, blocks)


def _by_class(of: Callable[[Floats, Floats, Floats], Floats]) -> Callable[[Label, Floats, Blocks], Measure]:
    """The mean over the classes of what `of` makes of hits, decided and true rows of each; classes for which it isn't
    defined are left out."""

    def prepared(label: Label, score: Floats, blocks: Blocks) -> Measure:
        classes = score.shape[1]
        chosen, true = (one[:, None] == np.arange(classes) for one in (decided(score), label))
        summed = sums(np.hstack([chosen & true, chosen, true]).astype(np.float64), blocks)

        def measure(counts: Floats) -> Floats:
            each = of(*np.split(counts @ summed, 3, axis=1))
            there = np.isfinite(each)
            return ratio(np.where(there, each, 0.0).sum(axis=1), there.sum(axis=1))

        return measure

    return prepared


def _accuracy(label: Label, score: Floats, blocks: Blocks) -> Measure:
    return mean_of(right(label, score), blocks)


def _log_loss(label: Label, score: Floats, blocks: Blocks) -> Measure:
    return mean_of(surprise(label, score), blocks)


_PREPARED: Mapping[str, Callable[[Label, Floats, Blocks], Measure]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _by_class(lambda hits, chosen, true: ratio(hits, true)),
    "log_loss": _log_loss,
    "macro_f1": _by_class(lambda hits, chosen, true: ratio(2 * hits, chosen + true)),
}
