"""Where a model errs most: regions of its inputs, found on the older half of the hold-out and measured on the newer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from services.training.domain.block_sums import Blocks, Measure
from services.training.domain.cohort import Floats, Rows
from services.training.domain.interval import Bootstrap, Estimate
from services.training.domain.metric import losses

_MOST = 3
_LEAVES = 8
_LEAST_SHARE = 0.02
_LEAST_ROWS = 50
_LEAST_GAIN = 1e-3
"""Of the variance, that a split explains."""
_TEXTS = 10
"""Of each category the texts that come most often may tell a region."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Region:
    """Rows of which all conditions hold. rows: how many of the newer half. loss: theirs in the mean, log loss or
    absolute error. more: how much more that is than of the other rows."""

    conditions: tuple[str, ...]
    rows: int
    loss: float
    more: Estimate

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        told = {"conditions": list(self.conditions), "rows": self.rows, "loss": self.loss}
        return self.more.to_dict() | told


def error_regions(score: Floats, rows: Rows, block: int, confidence: float, seed: int) -> tuple[Region, ...]:
    """At most three, those first that stood for most of the loss above the mean where they were found.

    score: the model's, of rows that it hasn't seen, by time. A tree of eight leaves parts the older rows by their loss;
    what it found by chance doesn't last, so the numbers are of the newer rows. Intervals by blocks of `block`
    microseconds.
    """
    half = len(rows) // 2
    older, newer = np.arange(half), np.arange(half, len(rows))
    if half < 2 * _LEAST_ROWS or not rows.task.labelled:
        return ()
    loss, table = losses(rows.label, score, rows.task.has_classes), _table(rows)
    tree = DecisionTreeRegressor(
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=max(_LEAST_ROWS, int(_LEAST_SHARE * half)),
        min_impurity_decrease=_LEAST_GAIN * float(loss[older].var()),
        random_state=seed,
    )
    tree.fit(table.iloc[older], loss[older])
    leaf = tree.apply(table)
    bootstrap = Bootstrap.over(rows.take(newer).blocks(block), confidence, seed)
    found = []
    for node in _worst(leaf[older], loss[older]):
        inside = leaf[newer] == node
        if inside.any() and not inside.all():
            more = bootstrap.estimate(_difference(loss[newer], inside, bootstrap.index))
            conditions = tuple(_conditions(tree.tree_, int(node), list(table.columns)))
            found.append(Region(conditions, int(inside.sum()), float(loss[newer][inside].mean()), more))
    return tuple(found)


def _table(rows: Rows) -> pd.DataFrame:
    """Numbers as they are, and for each frequent text of a category whether it is there."""
    columns: dict[str, Any] = {name: rows.inputs[name].to_numpy(np.float32) for name in rows.numbers}
    for name in rows.categories:
        texts, counts = np.unique(rows.inputs[name].to_numpy(str), return_counts=True)
        for text in texts[np.argsort(-counts, kind="stable")][:_TEXTS]:
            columns[f"{name} is {text or 'empty'}"] = (rows.inputs[name] == text).to_numpy(np.float32)
    return pd.DataFrame(columns)


def _worst(leaf: NDArray[np.intp], loss: Floats) -> list[int]:
    """Leaves in which more is lost than in the mean, by how much in all."""
    excess = {int(node): float((loss[leaf == node] - loss.mean()).sum()) for node in np.unique(leaf)}
    return sorted((node for node in excess if excess[node] > 0), key=lambda node: -excess[node])[:_MOST]


def _difference(loss: Floats, inside: Flags, blocks: Blocks) -> Measure:
    """The mean loss inside less that outside."""
    count = int(blocks.max(initial=-1)) + 1
    sums = [
        np.bincount(blocks, weights, count) for flags in (inside, ~inside) for weights in (loss * flags, flags * 1.0)
    ]

    def measure(counts: Floats) -> Floats:
        lost, rows, lost_elsewhere, elsewhere = (counts @ one for one in sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = lost / rows - lost_elsewhere / elsewhere
        return np.where((rows > 0) & (elsewhere > 0), found, np.nan)

    return measure


def _conditions(tree: Any, leaf: int, names: list[str]) -> Iterator[str]:
    """What holds on the way from the root to a leaf, a condition for each column."""
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    missing: dict[str, bool] = {}
    for node, goes_left in _path(tree, leaf):
        name, threshold = names[tree.feature[node]], float(tree.threshold[node])
        if goes_left:
            high[name] = min(threshold, high.get(name, np.inf))
        else:
            low[name] = max(threshold, low.get(name, -np.inf))
        missing[name] = missing.get(name, True) and bool(tree.missing_go_to_left[node]) == goes_left
    return (_condition(name, low.get(name), high.get(name), missing[name]) for name in missing)


def _condition(name: str, low: float | None, high: float | None, missing: bool) -> str:
    if " is " in name:
        return name if low is not None else name.replace(" is ", " is not ", 1)
    # at infinity those that are missing are split from all others
    if low == np.inf or (low, high) == (None, np.inf):
        return f"{name} is {'missing' if low else 'known'}"
    if high is None or high == np.inf:
        ends = f"{name} > {low:.4g}"
    else:
        ends = f"{'' if low is None else f'{low:.4g} < '}{name} <= {high:.4g}"
    return f"{ends} or missing" if missing else ends


def _path(tree: Any, leaf: int) -> list[tuple[int, bool]]:
    """Inner nodes from the root to a leaf, and whether the way goes left."""
    sides = ((True, tree.children_left), (False, tree.children_right))
    parents = {int(child): (node, left) for left, side in sides for node, child in enumerate(side) if child >= 0}
    way: list[tuple[int, bool]] = []
    while leaf in parents:
        way.append(parents[leaf])
        leaf = parents[leaf][0]
    return way[::-1]
