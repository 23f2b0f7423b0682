"""Split thresholds of trees, made exact in float32."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier


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
    if isinstance(estimator, HistGradientBoostingClassifier):
        for predictor in _predictors(estimator):
            nodes = predictor.nodes
            nodes["num_threshold"] = floor_float32(nodes["num_threshold"])
    if isinstance(estimator, RandomForestClassifier):
        for tree in estimator.estimators_:
            thresholds = tree.tree_.threshold
            thresholds[:] = floor_float32(thresholds)


def split_thresholds(estimator: Any) -> list[tuple[int, float]]:
    """(column, threshold) of every split of a tree ensemble, columns as they reach it; none for other estimators."""
    estimator = _inner(estimator)
    if isinstance(estimator, HistGradientBoostingClassifier):
        nodes = np.concatenate([p.nodes[p.nodes["is_leaf"] == 0] for p in _predictors(estimator)])
        return list(zip(nodes["feature_idx"].tolist(), nodes["num_threshold"].tolist(), strict=True))
    if isinstance(estimator, RandomForestClassifier):
        trees = [member.tree_ for member in estimator.estimators_]
        return [
            (int(column), float(value))
            for tree in trees
            for column, value in zip(tree.feature, tree.threshold, strict=True)
            if column >= 0
        ]
    return []


def _inner(estimator: Any) -> Any:
    """What is calibrated, of a calibrated one."""
    if isinstance(estimator, CalibratedClassifierCV):
        return estimator.calibrated_classifiers_[0].estimator
    return estimator


def _predictors(estimator: Any) -> list[Any]:
    return [predictor for stage in estimator._predictors for predictor in stage]  # noqa: SLF001 (no public way)
