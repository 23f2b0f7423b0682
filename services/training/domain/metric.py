"""Measures of a model, each as a function of how often every block of rows is counted.

A block bootstrap counts some blocks twice and others not at all. Each measure is therefore prepared once for a set of
rows, and then evaluated for any number of such countings at a time, without touching the rows again where it can.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from services.training.domain import class_metric
from services.training.domain.block_sums import Blocks, Measure, mean_of, ratio, sums
from services.training.domain.cohort import Costs, Floats, Label

_BINS = 10
_SMALLEST = 1e-7
_CHUNK = 4_000_000


def prepare(
    metric: str, label: Label, score: Floats, threshold: float, blocks: Blocks, costs: Costs | None = None
) -> Measure:
    """The measure `metric` of these rows. threshold: the score from which a row is decided positive; of several
    classes, whose scores are [rows, classes], the most probable is decided.

    Raises KeyError for an unknown metric, and for `cost` where nobody has said what wrong decisions cost.
    """
    if score.ndim > 1:
        return class_metric.prepare(metric, label, score, blocks)
    if metric == "cost" and costs is not None:
        decided = score >= threshold
        return mean_of(np.where(label == 1, costs.missed * ~decided, costs.false_alarm * decided), blocks)
    return _PREPARED[metric](label, score, threshold, blocks)


def value(metric: str, label: Label, score: Floats, threshold: float = 0.5, costs: Costs | None = None) -> float:
    """The measure of all rows, each counted once."""
    measure = prepare(metric, label, score, threshold, np.zeros(len(label), np.intp), costs)
    return float(measure(np.ones((1, 1)))[0])


def losses(label: Label, score: Floats, has_classes: bool) -> Floats:
    """Of each row its log loss, or its absolute error where labels are numbers [rows]."""
    if score.ndim > 1:
        return class_metric.surprise(label, score)
    return _surprise(label, score, 0.5) if has_classes else _absolute(label, score, 0.5)


def _mean(of: Callable[[Label, Floats, float], Floats]) -> Callable[[Label, Floats, float, Blocks], Measure]:
    """A mean over the rows."""

    def prepared(label: Label, score: Floats, threshold: float, blocks: Blocks) -> Measure:
        return mean_of(of(label, score, threshold), blocks)

    return prepared


def _absolute(label: Label, score: Floats, threshold: float) -> Floats:
    found: Floats = np.abs(score - label)
    return found


def _rmse(label: Label, score: Floats, threshold: float, blocks: Blocks) -> Measure:
    """Root of the mean squared error."""
    mean = mean_of(_squared(label, score, threshold), blocks)
    return lambda counts: np.sqrt(mean(counts))


def _r2(label: Label, score: Floats, threshold: float, blocks: Blocks) -> Measure:
    """Share of the labels' variance that is explained; NaN where they don't differ. The mean is that of the rows
    counted, taken from labels around their common middle so that no digits are lost."""
    around = label - label.mean() if len(label) else label
    columns = (_squared(label, score, threshold), around, around**2, np.ones(len(label)))
    summed = sums(np.stack(columns, axis=1), blocks)

    def measure(counts: Floats) -> Floats:
        errors, total, squares, rows = (counts @ summed).T
        return 1.0 - ratio(errors, squares - ratio(total**2, rows))

    return measure


def _right(label: Label, score: Floats, threshold: float) -> Floats:
    right: Floats = np.equal(score >= threshold, label == 1).astype(np.float64)
    return right


def _squared(label: Label, score: Floats, threshold: float) -> Floats:
    return (score - label) ** 2


def _surprise(label: Label, score: Floats, threshold: float) -> Floats:
    sure = np.clip(score, _SMALLEST, 1 - _SMALLEST)
    return -np.log(np.where(label == 1, sure, 1 - sure))


def _decided(of: Callable[[Floats, Floats, Floats], Floats]) -> Callable[[Label, Floats, float, Blocks], Measure]:
    """A measure of decisions: `of` gets hits, decided positives and true positives."""

    def prepared(label: Label, score: Floats, threshold: float, blocks: Blocks) -> Measure:
        decided, true = score >= threshold, label == 1
        summed = sums(np.stack([decided & true, decided, true], axis=1).astype(np.float64), blocks)

        def measure(counts: Floats) -> Floats:
            hits, chosen, present = (counts @ summed).T
            return of(hits, chosen, present)

        return measure

    return prepared


def score_bins(score: Floats) -> NDArray[np.intp]:
    """Number of each score's bin, of ten of equal width [rows]."""
    bins: NDArray[np.intp] = np.clip((score * _BINS).astype(np.intp), 0, _BINS - 1)
    return bins


def _calibration_error(label: Label, score: Floats, threshold: float, blocks: Blocks) -> Measure:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    inside = score_bins(score)[:, None] == np.arange(_BINS)
    gap = sums(inside * (score - label)[:, None], blocks)
    rows = np.bincount(blocks).astype(np.float64)

    def measure(counts: Floats) -> Floats:
        return ratio(np.abs(counts @ gap).sum(axis=1), counts @ rows)

    return measure


def _roc_auc(label: Label, score: Floats, threshold: float, blocks: Blocks) -> Measure:
    """Share of pairs of a positive and a negative that are ranked right (ties: half), from a table of such pairs by
    the blocks of both."""
    count = int(blocks.max(initial=-1)) + 1
    true = label == 1
    wins = np.zeros((count, count))
    for block in range(count):
        negatives = np.sort(score[~true & (blocks == block)])
        below = np.searchsorted(negatives, score[true], "left") + np.searchsorted(negatives, score[true], "right")
        wins[:, block] = np.bincount(blocks[true], below / 2, count)
    present = np.bincount(blocks[true], minlength=count).astype(np.float64)
    absent = np.bincount(blocks[~true], minlength=count).astype(np.float64)

    def measure(counts: Floats) -> Floats:
        return ratio(((counts @ wins) * counts).sum(axis=1), (counts @ present) * (counts @ absent))

    return measure


def _average_precision(label: Label, score: Floats, threshold: float, blocks: Blocks) -> Measure:
    """Precision averaged over the steps of recall, equal scores being one step.

    Recall rises only at the scores of positives, so a table of the rows up to each of these, by block, is enough.
    """
    order = np.argsort(-score, kind="stable")
    hit, block = label[order] == 1, blocks[order]
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    ends = last[np.unique(np.searchsorted(last, np.flatnonzero(hit)))] + 1
    found, seen = _up_to(ends, block, hit), _up_to(ends, block, np.ones_like(hit))
    present = np.bincount(block[hit], minlength=len(found)).astype(np.float64)

    def chunk(counts: Floats) -> Floats:
        hits = counts @ found
        precision = np.nan_to_num(ratio(hits, counts @ seen))
        return ratio((np.diff(hits, axis=1, prepend=0.0) * precision).sum(axis=1), counts @ present)

    def measure(counts: Floats) -> Floats:
        size = max(1, _CHUNK // max(1, len(ends)))
        return np.concatenate([chunk(counts[start : start + size]) for start in range(0, len(counts), size)])

    return measure


def _up_to(ends: NDArray[np.intp], block: Blocks, counted: NDArray[np.bool_]) -> Floats:
    """How many of the counted rows of each block come before each end [B, ends]."""
    count = int(block.max(initial=-1)) + 1
    places = (np.flatnonzero(counted & (block == one)) for one in range(count))
    return np.stack([np.searchsorted(place, ends).astype(np.float64) for place in places])


def _alert_rate(label: Label, score: Floats, threshold: float, blocks: Blocks) -> Measure:
    """Share of the rows that aren't positive which are decided so."""
    clean = label != 1
    summed = sums(np.stack([clean & (score >= threshold), clean], axis=1).astype(np.float64), blocks)

    def measure(counts: Floats) -> Floats:
        flagged, all_ = (counts @ summed).T
        return ratio(flagged, all_)

    return measure


_PREPARED: Mapping[str, Callable[[Label, Floats, float, Blocks], Measure]] = {
    "accuracy": _mean(_right),
    "alert_rate": _alert_rate,
    "average_precision": _average_precision,
    "brier": _mean(_squared),
    "calibration_error": _calibration_error,
    "f1": _decided(lambda hits, chosen, present: ratio(2 * hits, chosen + present)),
    "log_loss": _mean(_surprise),
    "mae": _mean(_absolute),
    "precision": _decided(lambda hits, chosen, present: ratio(hits, chosen)),
    "r2": _r2,
    "recall": _decided(lambda hits, chosen, present: ratio(hits, present)),
    "rmse": _rmse,
    "roc_auc": _roc_auc,
}

METRICS = tuple(_PREPARED)
