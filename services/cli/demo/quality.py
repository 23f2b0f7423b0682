"""Quality of scores against the truth, by period, and the interval of a difference by blocks of days.

Average precision: AP = Σ (R_k − R_{k−1}) P_k over distinct scores, descending. Intervals: paired bootstrap of days
as blocks (Künsch 1989), since outcomes of a day depend on each other.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.metric import LOWER_IS_BETTER

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
OfWeights = Callable[[Floats], float]
"""From a weight for each block of rows to the measure of the rows so weighted; NaN where it isn't defined."""
Measure = Callable[[Floats, Floats, Ints], OfWeights]
"""From labels (0 or 1) [n], scores [n] and the block of each row [n] to what can be asked for many weights fast."""

DAY = 86_400_000_000


def average_precision(labels: Floats, scores: Floats, blocks: Ints) -> OfWeights:
    """Not defined without a positive."""
    order, ends = _ranks(scores)
    truth, block = labels[order], blocks[order]

    def measured(weights: Floats) -> float:
        weight = weights[block]
        found, all_so_far = np.cumsum(weight * truth)[ends], np.cumsum(weight)[ends]
        if found[-1] == 0:
            return float("nan")
        precision = np.divide(found, all_so_far, out=np.zeros_like(found), where=all_so_far > 0)
        return float((np.diff(found, prepend=0.0) * precision).sum() / found[-1])

    return measured


def roc_auc(labels: Floats, scores: Floats, blocks: Ints) -> OfWeights:
    """Not defined unless both classes occur."""
    order, ends = _ranks(scores)
    truth, block = labels[order], blocks[order]

    def measured(weights: Floats) -> float:
        weight = weights[block]
        positives = np.diff(np.cumsum(weight * truth)[ends], prepend=0.0)
        negatives = np.diff(np.cumsum(weight * (1 - truth))[ends], prepend=0.0)
        pairs = positives.sum() * negatives.sum()
        above = np.cumsum(positives) - positives
        return float((negatives * (above + positives / 2)).sum() / pairs) if pairs else float("nan")

    return measured


def accuracy(labels: Floats, decisions: Floats, blocks: Ints) -> OfWeights:
    """Share decided rightly; decisions are 0 or 1."""
    return _mean(((decisions >= 0.5) == (labels >= 0.5)).astype(np.float64), blocks)


def f1(labels: Floats, decisions: Floats, blocks: Ints) -> OfWeights:
    """Twice the positives that were found, of all positives and all rows decided positive; decisions are 0 or 1.

    Not defined where there are neither.
    """
    truth, decided = labels >= 0.5, decisions >= 0.5
    count = int(blocks.max()) + 1
    found = 2.0 * np.bincount(blocks, weights=truth & decided, minlength=count)
    both = np.bincount(blocks, weights=truth.astype(np.float64) + decided, minlength=count)

    def measured(weights: Floats) -> float:
        counted = float(weights @ both)
        return float(weights @ found) / counted if counted else float("nan")

    return measured


def mae(labels: Floats, scores: Floats, blocks: Ints) -> OfWeights:
    """Mean absolute error."""
    return _mean(np.abs(scores - labels), blocks)


def rmse(labels: Floats, scores: Floats, blocks: Ints) -> OfWeights:
    """Root of the mean squared error."""
    squared = _mean((scores - labels) ** 2, blocks)
    return lambda weights: float(np.sqrt(squared(weights)))


def _mean(values: Floats, blocks: Ints) -> OfWeights:
    count = int(blocks.max()) + 1
    total = np.bincount(blocks, weights=values, minlength=count)
    rows = np.bincount(blocks, minlength=count).astype(np.float64)

    def measured(weights: Floats) -> float:
        counted = float(weights @ rows)
        return float(weights @ total) / counted if counted else float("nan")

    return measured


MEASURES: dict[str, Measure] = {
    "average_precision": average_precision,
    "roc_auc": roc_auc,
    "accuracy": accuracy,
    "f1": f1,
    "mae": mae,
    "rmse": rmse,
}

OF_DECISIONS = frozenset({"accuracy", "f1"})
"""Measures that are given decisions in place of scores."""


def shown_by(pipeline: Pipeline) -> str:
    """The measure that a demo shows: the pipeline's own, or another of its kind."""
    optimise = pipeline.model.optimise or ""
    return optimise if optimise in MEASURES else "roc_auc" if pipeline.label.target.task.has_classes else "mae"


def measured(measure: Measure, labels: Floats, scores: Floats) -> float:
    """A measure of rows of equal weight."""
    return measure(labels, scores, np.zeros(len(labels), np.int64))(np.ones(1))


def _ranks(scores: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows by descending score, and the last place of each score."""
    order = np.argsort(-scores, kind="stable")
    changes = np.flatnonzero(np.diff(scores[order]))
    return order, np.append(changes, len(scores) - 1)


@dataclass(frozen=True)
class Scored:
    """The same outcomes scored twice: as the loop answered, and by the first model kept. All [n].

    times: event times, microseconds. Where decisions are measured, `loop` and `kept` hold decisions (0 or 1).
    """

    times: Ints
    labels: Floats
    loop: Floats
    kept: Floats

    def __len__(self) -> int:
        return len(self.times)

    def rows(self, chosen: NDArray[np.bool_]) -> "Scored":
        """Some of the outcomes."""
        return Scored(self.times[chosen], self.labels[chosen], self.loop[chosen], self.kept[chosen])


@dataclass(frozen=True)
class Period:
    """Quality of one period. start, end: microseconds, end exclusive."""

    start: int
    end: int
    rows: int
    positives: int
    loop: float
    kept: float


@dataclass(frozen=True)
class Difference:
    """Measure of the loop less that of another, with a 95 % interval."""

    value: float
    low: float
    high: float
    days: int

    def is_better(self, measure: str) -> bool:
        """Whether the loop is certainly better."""
        return self.high < 0 if measure in LOWER_IS_BETTER else self.low > 0


def weeks(times: Ints) -> list[tuple[int, int]]:
    """Bounds of weeks from midnight of the first day on; the last may be shorter than a week."""
    start = int(times.min()) // DAY * DAY
    end = int(times.max()) + 1
    return [(at, at + 7 * DAY) for at in range(start, end, 7 * DAY)]


def deciles(times: Ints) -> list[tuple[int, int]]:
    """Bounds of ten periods with about as many outcomes each."""
    ordered = np.sort(times)
    cuts = [int(ordered[len(ordered) * part // 10]) for part in range(10)]
    return list(zip(cuts, [*cuts[1:], int(ordered[-1]) + 1], strict=True))


def by_period(scored: Scored, bounds: list[tuple[int, int]], measure: Measure) -> list[Period]:
    """Quality in each period that has outcomes."""
    periods = []
    for start, end in bounds:
        part = scored.rows((scored.times >= start) & (scored.times < end))
        if len(part):
            loop, kept = (measured(measure, part.labels, scores) for scores in (part.loop, part.kept))
            periods.append(Period(start, end, len(part), int(part.labels.sum()), loop, kept))
    return periods


def paired_difference(scored: Scored, measure: Measure, repetitions: int = 300, seed: int = 1) -> Difference:
    """The difference over all outcomes; days are drawn with replacement, the same for both."""
    blocks, drawn = drawn_days(scored.times, repetitions, seed)
    loop, kept = (measure(scored.labels, scores, blocks) for scores in (scored.loop, scored.kept))
    low, high = np.nanquantile([loop(weights) - kept(weights) for weights in drawn], [0.025, 0.975])
    once = np.ones(drawn.shape[1])
    return Difference(loop(once) - kept(once), float(low), float(high), len(once))


def drawn_days(times: Ints, repetitions: int = 300, seed: int = 1) -> tuple[Ints, Floats]:
    """The day of each row [n] and how often each day is drawn [repetitions, days]: the same ones for the same seed."""
    blocks = np.unique(times // DAY, return_inverse=True)[1].astype(np.int64)
    days = int(blocks.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(days, np.full(days, 1 / days), repetitions)
    return blocks, drawn.astype(np.float64)
