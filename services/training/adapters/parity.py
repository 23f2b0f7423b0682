"""Parity: an ONNX file must score as the learner it was made from, on real rows and on hostile ones."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain.cohort import Floats
from services.training.domain.ensemble import Learnt
from services.training.domain.learner import Fitted
from services.training.domain.threshold import Split, splits

BATCHES = (1, 2, 7, 2000)
_LARGE = 1e3
_THRESHOLDS = 2_000
_ROWS = 256
_UP = np.float32(np.inf)
_FLOAT32 = np.finfo(np.float32)
_LEAST = tuple(sign * least for least in (_FLOAT32.tiny, _FLOAT32.smallest_subnormal) for sign in (1, -1))
_UNSEEN = "\x00 never seen"


@dataclass(frozen=True, slots=True)
class Parity:
    """Greatest distances between both scores, on the rows given and on hostile ones. uneven: rows whose score's bits
    depended on the size of the batch. problem: why the file is refused, or empty. Distances are counted in the
    learner's `unit`; on hostile rows, where numbers may go far beyond it, in the score itself if that is greater."""

    rows: int
    hostile_rows: int
    distance: float
    hostile_distance: float
    uneven: int
    problem: str

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        return asdict(self)


def parity(learnt: Learnt, content: bytes, inputs: pd.DataFrame) -> Parity:
    """Compare an ONNX file with its learner on `inputs` (at least one row) and on rows made hostile from them.

    Hostile: missing numbers, unseen and empty categories, a thousand times the greatest values, the greatest and least
    that float32 has, and values at and next to split thresholds, where a difference between float64 and float32 changes
    the branch. Infinite numbers are none of them: no model sees one, see `services.contracts.numbers`.
    """
    scorer = OnnxScorer(content)
    some = inputs.iloc[:_ROWS]
    bad, far = (pd.concat(list(of(learnt, some)), ignore_index=True) for of in (_hostile, _extreme))
    distance = _distance(learnt.scores(inputs), scorer.scores(inputs), learnt.unit)
    hostile = _relative(learnt, learnt.scores(bad), scorer.scores(bad))
    hostile = float(np.maximum(hostile, _relative(learnt, *_finite(_in_float64(learnt, far), scorer.scores(far)))))
    uneven = _uneven(scorer, inputs.iloc[: max(BATCHES)])
    problem = _problem(distance, hostile, uneven, learnt.task.tolerance)
    return Parity(len(inputs), len(bad) + len(far), distance, hostile, uneven, problem)


def _problem(distance: float, hostile: float, uneven: int, tolerance: float) -> str:
    if not distance <= tolerance:
        return f"ONNX differs from the learner by {distance:.3g} on the hold-out, at most {tolerance:g} is allowed"
    if not hostile <= tolerance:
        return f"ONNX differs from the learner by {hostile:.3g} on hostile rows, at most {tolerance:g} is allowed"
    return f"the scores of {uneven} rows depend on the size of their batch" if uneven else ""


def _in_float64(learnt: Learnt, inputs: pd.DataFrame) -> Floats:
    """Scores of the learner where nothing overflows: scikit-learn scales float32 in float32, and refuses infinity."""
    with np.errstate(all="ignore"):  # it looks for infinity in a sum, in which infinities may cancel out
        return learnt.scores(inputs.astype(dict.fromkeys(learnt.numbers, np.float64)))


def _finite(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Both, where both have a score: so far out a file may have none, which inference says, but no wrong one."""
    there = np.isfinite(one) & np.isfinite(other)
    return one[there], other[there]


def _relative(learnt: Learnt, one: Floats, other: Floats) -> float:
    """Numbers may go far beyond the unit where inputs do."""
    return _distance(one, other, np.maximum(np.abs(one), learnt.unit))


def _distance(one: Floats, other: Floats, unit: float | Floats) -> float:
    """NaN if either has one."""
    return float(np.max(np.abs(one - other) / unit, initial=0.0))


def _uneven(scorer: OnnxScorer, inputs: pd.DataFrame) -> int:
    """Rows whose bits differ between batches of 1, 2, 7 and 2,000 rows; every tenth batch is tried."""
    whole = scorer.scores(inputs)
    wrong: NDArray[np.bool_] = np.zeros(len(inputs), np.bool_)
    for size in BATCHES:
        for start in range(0, len(inputs), size * 10):
            part = slice(start, start + size)
            differs = scorer.scores(inputs.iloc[part]) != whole[part]
            wrong[part] |= differs if differs.ndim == 1 else differs.any(axis=1)
    return int(wrong.sum())


def _hostile(learnt: Learnt, inputs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    every = dict.fromkeys(learnt.numbers, np.float32(np.nan))
    yield inputs.assign(**every) if every else inputs
    for name in learnt.numbers:
        edge = np.float32(np.nan_to_num(inputs[name].abs().max()) * _LARGE + 1)
        for value in (np.float32(np.nan), edge, -edge, np.float32(0), *_LEAST):
            yield inputs.iloc[:4].assign(**{name: value})
    for name in learnt.categories:
        for text in (_UNSEEN, ""):
            yield inputs.iloc[:4].assign(**{name: text})
    yield _at_thresholds(learnt, inputs)


def _extreme(learnt: Learnt, inputs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rows with one of the numbers farthest out that float32 has; without numbers, plain rows."""
    yield inputs.iloc[:1]
    for name in learnt.numbers:
        for value in (_FLOAT32.max, _FLOAT32.min):
            yield inputs.iloc[:4].assign(**{name: value})


def _at_thresholds(learnt: Learnt, inputs: pd.DataFrame) -> pd.DataFrame:
    """Rows at, just above and just below split thresholds of numbers, made so by other numbers that they come there."""
    chosen = [one for member in learnt.members for one in _splits(member)]
    chosen = chosen[:: max(1, len(chosen) // _THRESHOLDS)]
    rows = inputs.iloc[np.arange(3 * len(chosen)) % len(inputs)].reset_index(drop=True)
    columns = {name: rows[name].to_numpy(np.float32, copy=True) for name in learnt.numbers}
    for place, (names, split) in enumerate(chosen):
        its = slice(3 * place, 3 * place + 3)
        for column, bounds in split.bounds().items():
            if names[column] in columns:
                columns[names[column]][its] = _within(columns[names[column]][its], *bounds)
        exact = np.float32(split.threshold)
        columns[names[split.column]][its] = exact, np.nextafter(exact, _UP), np.nextafter(exact, -_UP)
    return rows.assign(**columns)


def _splits(fitted: Fitted) -> list[tuple[list[str], Split]]:
    """Each split by a number, with the names of the columns that reach it. Those of a learner of the user's own aren't
    known by name, nor are columns that others were made of."""
    if fitted.configuration.make is not None or len(fitted.pipeline) > 2:
        return []
    names = [str(name).removeprefix("numbers__") for name in fitted.pipeline[0].get_feature_names_out()]
    return [(names, split) for split in splits(fitted.pipeline[-1]) if names[split.column] in fitted.numbers]


def _within(values: NDArray[np.float32], least: float, most: float) -> NDArray[np.float32]:
    """The values, those that aren't above `least` and at most `most` replaced by one that is."""
    inside = np.float32(most) if np.isfinite(most) else np.nextafter(np.float32(least), _UP)
    return np.where((values > least) & (values <= most), values, inside)
