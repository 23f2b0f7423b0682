"""What answers add up to, realised or estimated, and the measures that follow from it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from scipy.special import stdtrit

from services.contracts.pipeline.learning_task import ANOMALY, BINARY, MULTICLASS, REGRESSION
from services.contracts.pipeline.metric import LOWER_IS_BETTER


class Tally(NamedTuple):
    """rows: answers with a truth. positives: of these. hits: positives decided positive. wrong: decisions. absolute,
    squared: sums of differences between score and label. intervals, outside: labels that an interval was said for, and
    those outside it.

    Counted, or expected.
    """

    rows: float = 0.0
    positives: float = 0.0
    hits: float = 0.0
    wrong: float = 0.0
    absolute: float = 0.0
    squared: float = 0.0
    intervals: float = 0.0
    outside: float = 0.0

    @classmethod
    def realised(cls, profile: Mapping[str, Any]) -> "Tally":
        """Of a `driftmill.ProfileClosed` of quality."""
        return total(cls.of_errors(one) for one in profile["errors"])

    @classmethod
    def of_errors(cls, one: Mapping[str, Any]) -> "Tally":
        """Of an ErrorSum."""
        hits = one["positives"] - one["missed"]
        sums = one["wrong"], one["absolute"], one["total"], one["intervals"], one["outside"]
        return cls(one["rows"], one["positives"], hits, *sums)

    @property
    def false_alarms(self) -> float:
        """Negatives decided positive."""
        return self.wrong - (self.positives - self.hits)


NONE = Tally()


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    return Tally(*map(sum, zip(NONE, *tallies, strict=True)))


Part = tuple[float, float]

_ACCURACY: dict[str, Callable[[Tally], Part]] = {"accuracy": lambda its: (its.rows - its.wrong, its.rows)}

SHARES: Mapping[str, Mapping[str, Callable[[Tally], Part]]] = {
    BINARY.kind: _ACCURACY
    | {
        "precision": lambda its: (its.hits, its.hits + its.false_alarms),
        "recall": lambda its: (its.hits, its.positives),
        "f1": lambda its: (2 * its.hits, 2 * its.hits + its.wrong),
    },
    MULTICLASS.kind: _ACCURACY,
    ANOMALY.kind: {},
    REGRESSION.kind: {
        "mae": lambda its: (its.absolute, its.rows),
        "rmse": lambda its: (its.squared, its.rows),
        "coverage": lambda its: (its.intervals - its.outside, its.intervals),
    },
}
"""Measures by the kind of the learning task and by name: what counts for each, and of how much."""


class Value(NamedTuple):
    """A measure with its interval; low and high are None where fewer than two windows define it."""

    value: float
    low: float | None
    high: float | None


def ratio(parts: Sequence[Part], confidence: float = 0.95) -> Value | None:
    """A sum over a sum, each part of one window; None of nothing.

    The interval is that of a ratio of sums by clusters (Cochran 1977), here the windows, as what lies in one resembles
    each other; with Student's quantile for as many.
    """
    parts = [part for part in parts if part[1] > 0]
    whole = sum(of for _, of in parts)
    if not whole:
        return None
    value = sum(part for part, _ in parts) / whole
    count = len(parts)
    if count < 2:
        return Value(value, None, None)
    squares = sum((part - value * of) ** 2 for part, of in parts)
    half = float(stdtrit(count - 1, (1 + confidence) / 2)) * math.sqrt(squares * count / (count - 1)) / whole
    return Value(value, value - half, value + half)


def share(parts: Sequence[Part], confidence: float = 0.95) -> Value | None:
    """The same where a part can't be more than what it is of: an interval ends at 0 and at 1."""
    found = ratio(parts, confidence)
    if found is None or found.low is None or found.high is None:
        return found
    return Value(found.value, max(0.0, found.low), min(1.0, found.high))


def measured(kind: str, metric: str, tallies: Sequence[Tally], confidence: float = 0.95) -> Value | None:
    """A measure over windows; its root where it is one of squares."""
    parts = [SHARES[kind][metric](its) for its in tallies]
    found = ratio(parts, confidence) if metric in LOWER_IS_BETTER else share(parts, confidence)
    if found is None or metric != "rmse":
        return found
    return Value(*(None if square is None else math.sqrt(max(0.0, square)) for square in found))  # type: ignore[arg-type]
