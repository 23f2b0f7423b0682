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
from services.training.domain.threshold import split_thresholds

TOLERANCE = 1e-5
BATCHES = (1, 2, 7, 2000)
_LARGE = 1e3
_THRESHOLDS = 2_000
_ROWS = 256
_UP = np.float32(np.inf)
_UNSEEN = "\x00 never seen"


@dataclass(frozen=True, slots=True)
class Parity:
    """Greatest distances between both scores, on the rows given and on hostile ones. uneven: rows whose score's bits
    depended on the size of the batch. problem: why the file is refused, or empty."""

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

    Hostile: missing numbers, unseen and empty categories, a thousand times the greatest values, and values at and next
    to split thresholds, where a difference between float64 and float32 changes the branch.
    """
    scorer = OnnxScorer(content)
    bad = pd.concat(list(_hostile(learnt, inputs.iloc[:_ROWS])), ignore_index=True)
    distance = _distance(learnt.scores(inputs), scorer.scores(inputs))
    hostile = _distance(learnt.scores(bad), scorer.scores(bad))
    uneven = _uneven(scorer, inputs.iloc[: max(BATCHES)])
    return Parity(len(inputs), len(bad), distance, hostile, uneven, _problem(distance, hostile, uneven))


def _problem(distance: float, hostile: float, uneven: int) -> str:
    if not distance <= TOLERANCE:
        return f"ONNX differs from the learner by {distance:.3g} on the hold-out, at most {TOLERANCE} is allowed"
    if not hostile <= TOLERANCE:
        return f"ONNX differs from the learner by {hostile:.3g} on hostile rows, at most {TOLERANCE} is allowed"
    return f"the scores of {uneven} rows depend on the size of their batch" if uneven else ""


def _distance(one: Floats, other: Floats) -> float:
    """NaN if either has one."""
    return float(np.max(np.abs(one - other)))


def _uneven(scorer: OnnxScorer, inputs: pd.DataFrame) -> int:
    """Rows whose bits differ between batches of 1, 2, 7 and 2,000 rows; every tenth batch is tried."""
    whole = scorer.scores(inputs)
    wrong: NDArray[np.bool_] = np.zeros(len(inputs), np.bool_)
    for size in BATCHES:
        for start in range(0, len(inputs), size * 10):
            part = slice(start, start + size)
            wrong[part] |= scorer.scores(inputs.iloc[part]) != whole[part]
    return int(wrong.sum())


def _hostile(learnt: Learnt, inputs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    every = dict.fromkeys(learnt.numbers, np.float32(np.nan))
    yield inputs.assign(**every) if every else inputs
    for name in learnt.numbers:
        edge = np.float32(np.nan_to_num(inputs[name].abs().max()) * _LARGE + 1)
        for value in (np.float32(np.nan), edge, -edge, np.float32(0)):
            yield inputs.iloc[:4].assign(**{name: value})
    for name in learnt.categories:
        for text in (_UNSEEN, ""):
            yield inputs.iloc[:4].assign(**{name: text})
    yield _at_thresholds(learnt, inputs)


def _at_thresholds(learnt: Learnt, inputs: pd.DataFrame) -> pd.DataFrame:
    """Rows at, just above and just below split thresholds of numbers."""
    splits = [one for member in learnt.members for one in _splits(member)]
    splits = splits[:: max(1, len(splits) // _THRESHOLDS)]
    rows = inputs.iloc[np.arange(3 * len(splits)) % len(inputs)].reset_index(drop=True)
    columns = {name: rows[name].to_numpy(np.float32, copy=True) for name in learnt.numbers}
    for i, (name, threshold) in enumerate(splits):
        exact = np.float32(threshold)
        columns[name][3 * i : 3 * i + 3] = exact, np.nextafter(exact, _UP), np.nextafter(exact, -_UP)
    return rows.assign(**columns)


def _splits(fitted: Fitted) -> list[tuple[str, float]]:
    """Number and threshold of each split. The columns of a learner of the user's own aren't known by name."""
    if fitted.configuration.make is not None:
        return []
    names = [str(name).removeprefix("numbers__") for name in fitted.pipeline[0].get_feature_names_out()]
    named = [(names[column], threshold) for column, threshold in split_thresholds(fitted.pipeline[-1])]
    return [one for one in named if one[0] in fitted.numbers]
