"""An isolation forest as a forest of mean depths, which is written as ONNX exactly and small."""

import numpy as np
from sklearn.ensemble import IsolationForest, RandomForestRegressor

from services.training.domain.cohort import Floats, Ints

_EULER = 0.5772156649015329


def depths_of(forest: IsolationForest) -> RandomForestRegressor:
    """The same trees, by whose leaves is told how deep a row lies: on average, as a part of what is usual.

    The anomaly score of Liu, Ting and Zhou (Isolation forest, ICDM 2008) is 2 to the power of minus that.
    `skl2onnx` writes an isolation forest with thirty operators a tree, of a regression forest it makes a single one.
    The trees are changed in place.
    """
    usual = float(_path_length(np.array([forest.max_samples_]))[0])
    for tree in (member.tree_ for member in forest.estimators_):
        depth = np.zeros(tree.node_count)
        for node in np.flatnonzero(tree.children_left >= 0):  # a node comes before those below it
            depth[[tree.children_left[node], tree.children_right[node]]] = depth[node] + 1
        tree.value[:, 0, 0] = (depth + _path_length(tree.n_node_samples)) / usual
    found = RandomForestRegressor(n_estimators=len(forest.estimators_), n_jobs=1)
    found.estimators_, found.n_outputs_ = list(forest.estimators_), 1
    found.n_features_in_ = forest.n_features_in_
    return found


def scores_of(depth: Floats) -> Floats:
    """Between 0 and 1, greater of what is more unusual [rows]."""
    score: Floats = np.exp2(-depth)
    return score


def _path_length(rows: Ints) -> Floats:
    """Mean depth at which one of so many rows is found in a binary search tree (their formula 1)."""
    count = np.asarray(rows, np.float64)
    many = np.maximum(count, 3)
    return np.select([count <= 1, count <= 2], [0.0, 1.0], 2 * (np.log(many - 1) + _EULER) - 2 * (many - 1) / many)
