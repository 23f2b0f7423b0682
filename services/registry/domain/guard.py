"""Guards: what is seen of a version without labels, and may only stop it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from services.contracts.manifest import Cost
from services.contracts.pipeline.learning_task import BINARY, LearningTask
from services.contracts.pipeline.metric import LATENCY
from services.contracts.psi import psi
from services.registry.domain.acceptance import Criterion
from services.registry.domain.pairs import Pairs, total
from services.registry.domain.reports import Window
from services.registry.domain.score_groups import ScoreGroups
from services.registry.domain.served import Served, together

EVENTS = 200
"""A guard looks at the newest windows that hold as many events, or at the newest measurements that hold as many rows:
sooner than these nothing is stopped by it."""

FAILED = 0.01
"""Share of events that it may have no answer for."""
SHIFT = 0.25
"""Population stability index of its scores against those of its hold-out."""
TIMES = 2.0
"""Its share of positive decisions may be so many times that on its hold-out, or one in so many."""
APART = 0.25
"""Share of events of which it may decide otherwise than the model beside it."""

_DEVIATIONS = 3.0
"""A share breaks a guard where it lies so many standard errors beyond: 1 in 700 times by chance, if ever."""

Held = TypeVar("Held")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a candidate's manifest says. scores: of its hold-out. rate: share of positive decisions there. cost: of
    serving it. None: it doesn't say."""

    scores: ScoreGroups | None
    rate: float | None
    cost: Cost | None = None


def expected_rate(measured: Mapping[str, Any], task: LearningTask = BINARY) -> float | None:
    """Share of positive decisions on the hold-out, from the numbers of a manifest; where there are no labels, of the
    rows as they came, without those that were made unusual."""
    counts: Mapping[str, int] = measured.get("confusion") or {}
    if not task.labelled and counts:
        counts = {**counts, "true_positives": 0, "false_negatives": 0}
    rows = sum(counts.values())
    return (counts["true_positives"] + counts["false_positives"]) / rows if rows else None


def guarded(
    names: Iterable[str], windows: Sequence[Window], served: Iterable[Served], expected: Expected
) -> list[Criterion]:
    """Each guard on the newest windows, or on what was served lately. One without a number is not measured yet: it
    neither stops nor lets on."""
    seen = newest(windows, lambda window: window.all_pairs.rows)
    pairs, sums = total(window.all_pairs for window in seen), together(served)
    return [_latency(sums, expected) if name == LATENCY else _of_windows(name, pairs, seen, expected) for name in names]


def is_broken(criterion: Criterion) -> bool:
    """Whether a guard was measured, and doesn't hold."""
    return criterion.value is not None and not criterion.passed


def newest(held: Sequence[Held], rows_of: Callable[[Held], int]) -> Sequence[Held]:
    """The newest that a guard looks at; all of them where they hold too few rows."""
    rows = 0
    for first in range(len(held) - 1, -1, -1):
        rows += rows_of(held[first])
        if rows >= EVENTS:
            return held[first:]
    return held


def _unmeasured(name: str, rows: int) -> Criterion:
    detail = f"{name}: not measured yet; {rows} events of {EVENTS}"
    return Criterion(name, False, None, None, None, None, rows, detail)


def _of_windows(name: str, pairs: Pairs, windows: Sequence[Window], expected: Expected) -> Criterion:
    return _unmeasured(name, pairs.rows) if pairs.rows < EVENTS else _MEASURES[name](pairs, windows, expected)


def _latency(served: Served, expected: Expected) -> Criterion:
    """Told as milliseconds for 1,000 rows."""
    if expected.cost is None or served.rows < EVENTS:
        return _unmeasured(LATENCY, served.rows)
    each = 1_000 / served.rows
    value, most = served.milliseconds * each, served.most(expected.cost) * each
    passed, counted = value <= most, f"{served.rows} rows in {served.calls} calls"
    detail = f"{LATENCY}: {_outcome(passed)}, {value:.4g} ms for 1,000 rows must not be above {most:.4g}; {counted}"
    return Criterion(LATENCY, passed, value, most, None, None, served.rows, detail)


def _errors(pairs: Pairs, _windows: Sequence[Window], _expected: Expected) -> Criterion:
    return _limited("errors", pairs.failed, pairs.rows, FAILED)


def _disagreement(pairs: Pairs, _windows: Sequence[Window], _expected: Expected) -> Criterion:
    return _limited("disagreement", pairs.disagreements, pairs.rows, APART)


def _decision_rate(pairs: Pairs, _windows: Sequence[Window], expected: Expected) -> Criterion:
    name, answers = "decision_rate", pairs.rows - pairs.failed
    if expected.rate is None or answers <= 0:
        return _unmeasured(name, answers)
    least, most = expected.rate / TIMES, expected.rate * TIMES
    value, (low, high) = pairs.positives / answers, span(pairs.positives, answers)
    passed = low <= most and high >= least
    bound = most if value > expected.rate else least
    detail = f"{name}: {_outcome(passed)}, {value:.4f} must lie within {least:.4f} to {most:.4f}; {answers} answers"
    return Criterion(name, passed, value, bound, low, high, answers, detail)


def _score_shift(pairs: Pairs, windows: Sequence[Window], expected: Expected) -> Criterion:
    name, groups = "score_shift", expected.scores
    held = [window.scores for window in windows if window.scores]
    if groups is None or not held:
        return _unmeasured(name, pairs.rows)
    counts = np.sum(np.array(held, dtype=np.float64), axis=0)
    value, rows = psi(np.array(groups.expected, dtype=np.float64), counts), int(counts.sum())
    passed = value <= SHIFT
    detail = f"{name}: {_outcome(passed)}, index {value:.4f} must not be above {SHIFT:g}; {rows} answers"
    return Criterion(name, passed, value, SHIFT, None, None, rows, detail)


def _limited(name: str, count: int, rows: int, most: float) -> Criterion:
    low, high = span(count, rows)
    value, passed = count / rows, low <= most
    detail = f"{name}: {_outcome(passed)}, {value:.4f} ({low:.4f} to {high:.4f}) must not be above {most:g}"
    return Criterion(name, passed, value, most, low, high, rows, f"{detail}; {rows} events")


def span(count: int, rows: int, deviations: float = _DEVIATIONS) -> tuple[float, float]:
    """Wilson's interval of a share (1927)."""
    share, square = count / rows, deviations**2
    middle = (share + square / (2 * rows)) / (1 + square / rows)
    half = deviations / (1 + square / rows) * math.sqrt(share * (1 - share) / rows + square / (4 * rows**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _outcome(passed: bool) -> str:
    return "holds" if passed else "is broken"


_MEASURES: Mapping[str, Callable[[Pairs, Sequence[Window], Expected], Criterion]] = {
    "errors": _errors,
    "score_shift": _score_shift,
    "decision_rate": _decision_rate,
    "disagreement": _disagreement,
}
