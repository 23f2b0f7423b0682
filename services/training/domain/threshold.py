"""Split thresholds of trees, made exact in float32."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

_BOOSTINGS = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
_FORESTS = (RandomForestClassifier, RandomForestRegressor)


def floor_float32(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The greatest float32 not above each value, as float64: for a float32 x, x <= value and x <= floor agree."""
    rounded = values.astype(np.float32)
    above = rounded.astype(np.float64) > values
    return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded).astype(np.float64)


def to_float32(estimator: Any) -> None:
    """Round the thresholds of a fitted tree ensemble down to float32, in place; other estimators stay as they are.

    ONNX keeps thresholds in float32, rounded to the nearest: a value between two float32 neighbours may move to the
    upper one, and a row at it then takes the other branch (onnx/sklearn-onnx#1192).
    """
    estimator = _inner(estimator)
    if isinstance(estimator, _BOOSTINGS):
        for predictor in _predictors(estimator):
            nodes = predictor.nodes
            nodes["num_threshold"] = floor_float32(nodes["num_threshold"])
    if isinstance(estimator, _FORESTS):
        for tree in estimator.estimators_:
            thresholds = tree.tree_.threshold
            thresholds[:] = floor_float32(thresholds)


@dataclass(frozen=True, slots=True)
class Split:
    """A split of a tree: rows whose column is at most the threshold go left. parent: the one above it, None for the
    root; is_left: it lies on its left."""

    column: int
    threshold: float
    parent: "Split | None" = None
    is_left: bool = False

    def bounds(self) -> dict[int, tuple[float, float]]:
        """Column → (above, at most): the values that lead here."""
        found: dict[int, tuple[float, float]] = {}
        below = self
        while (above := below.parent) is not None:
            least, most = found.get(above.column, (-np.inf, np.inf))
            if below.is_left:
                found[above.column] = least, min(most, above.threshold)
            else:
                found[above.column] = max(least, above.threshold), most
            below = above
        return found


def splits(estimator: Any) -> list[Split]:
    """Every split of a tree ensemble, columns as they reach it; none for other estimators."""
    estimator = _inner(estimator)
    if isinstance(estimator, _BOOSTINGS):
        return [split for predictor in _predictors(estimator) for split in _of_boosting(predictor.nodes)]
    if isinstance(estimator, _FORESTS):
        return [split for member in estimator.estimators_ for split in _of_forest(member.tree_)]
    return []


def _of_boosting(nodes: Any) -> list[Split]:
    columns = np.where(nodes["is_leaf"] == 0, nodes["feature_idx"], -1)
    return _walked(columns, nodes["num_threshold"], nodes["left"], nodes["right"])


def _of_forest(tree: Any) -> list[Split]:
    return _walked(tree.feature, tree.threshold, tree.children_left, tree.children_right)


def _walked(columns: Any, thresholds: Any, left: Any, right: Any) -> list[Split]:
    """Splits of a tree in arrays by node, the first being its root; leaves have negative columns."""
    found: list[Split] = []
    waiting: list[tuple[int, Split | None, bool]] = [(0, None, False)]
    while waiting:
        node, parent, is_left = waiting.pop()
        if columns[node] < 0:
            continue
        split = Split(int(columns[node]), float(thresholds[node]), parent, is_left)
        found.append(split)
        waiting += [(int(right[node]), split, False), (int(left[node]), split, True)]
    return found


def _inner(estimator: Any) -> Any:
    """What is calibrated, of a calibrated one."""
    if isinstance(estimator, CalibratedClassifierCV):
        return estimator.calibrated_classifiers_[0].estimator
    return estimator


def _predictors(estimator: Any) -> list[Any]:
    return [predictor for stage in estimator._predictors for predictor in stage]  # noqa: SLF001 (no public way)
