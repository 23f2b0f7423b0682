"""The truth in disguise: two numbers, or a number and its own past, that only together tell the label.

So does the price of electricity with its mean of a day: neither tells whether the price is above it, their difference
does in nearly all half-hours.
"""

from collections.abc import Iterator
from itertools import combinations, islice
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from services.training.domain.cohort import Floats, Rows
from services.training.domain.leakage import ALMOST_ALWAYS, Column, telling

_SUSPECT = 0.97
_SAMPLE = 4_000
_COLUMNS = 64
_CHUNK = 128
_PAST = 50
_TOLD = 3


class Disguise(NamedTuple):
    """An expression of numbers, and its ROC AUC on rows that it wasn't looked at on."""

    expression: str
    roc_auc: float


class _Pair(NamedTuple):
    """One value [rows] beside another: their difference or their ratio. of: names of the numbers in it."""

    text: str
    of: tuple[str, ...]
    left: Floats
    right: Floats
    is_ratio: bool

    def values(self, chosen: "NDArray[np.intp] | slice") -> Floats:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            left, right = self.left[chosen], self.right[chosen]
            return left / right if self.is_ratio else left - right


def disguises(rows: Rows, numbers: tuple[str, ...], fresh_from: int) -> tuple[Disguise, ...]:
    """The most telling expressions of the first 64 of these numbers, at most three, no number in two of them.

    Tried are differences and ratios of two, and differences of each from its last value, and from the mean of its last
    50, of the same entity. fresh_from: number of the first row on which they are tried, by what those before tell. All
    are ranked on 4,000 rows first; only those that stand out are looked at closely.
    """
    fresh = len(rows) - fresh_from
    chosen = fresh_from + np.unique(np.linspace(0, fresh - 1, min(fresh, _SAMPLE)).astype(np.intp))
    found = []
    for pair in _suspects(_pairs(rows, numbers[:_COLUMNS]), chosen, rows.label[chosen]):
        parts = slice(None, fresh_from), slice(fresh_from, None)
        known, new = (Column(pd.Series(pair.values(part)), rows.label[part]) for part in parts)
        found.append((telling(known, new), pair))
    told: list[Disguise] = []
    used: set[str] = set()
    for roc_auc, pair in sorted(found, key=lambda one: -one[0]):
        if roc_auc >= ALMOST_ALWAYS and used.isdisjoint(pair.of) and len(told) < _TOLD:
            told.append(Disguise(pair.text, roc_auc))
            used |= {*pair.of}
    return tuple(told)


def _suspects(pairs: Iterator[_Pair], chosen: NDArray[np.intp], label: NDArray[np.int8]) -> Iterator[_Pair]:
    """Those that by themselves, up or down, rank 97 of 100 pairs of these rows right."""
    positives = int(label.sum())
    negatives = len(label) - positives
    while some := list(islice(pairs, _CHUNK)):
        values = np.column_stack([pair.values(chosen) for pair in some])
        ranks = rankdata(np.where(np.isnan(values), -np.inf, values), axis=0)
        right = ranks[label == 1].sum(axis=0) - positives * (positives + 1) / 2
        auc = right / (positives * negatives)
        yield from (pair for pair, one in zip(some, auc.tolist(), strict=True) if max(one, 1 - one) >= _SUSPECT)


def _pairs(rows: Rows, numbers: tuple[str, ...]) -> Iterator[_Pair]:
    columns = {name: rows.inputs[name].to_numpy(np.float64) for name in numbers}
    for one, other in combinations(columns, 2):
        for is_ratio, sign in ((False, "-"), (True, "/")):
            yield _Pair(f"{one} {sign} {other}", (one, other), columns[one], columns[other], is_ratio)
    if rows.entity is None:
        return
    of_entity = _Entities(rows.entity)
    for name, values in columns.items():
        yield _Pair(f"{name} - its last value", (name,), values, of_entity.mean_before(values, 1), False)
        yield _Pair(
            f"{name} - its mean of the last {_PAST}", (name,), values, of_entity.mean_before(values, _PAST), False
        )


class _Entities:
    """Rows by entity, each entity's in their order."""

    def __init__(self, entity: NDArray[np.object_]) -> None:
        codes = pd.factorize(entity)[0]
        self._order = np.argsort(codes, kind="stable")
        starts = np.diff(codes[self._order], prepend=-1) != 0
        self._place = np.arange(len(codes))
        self._start = np.maximum.accumulate(np.where(starts, self._place, 0))

    def mean_before(self, values: Floats, count: int) -> Floats:
        """Of each row, the mean of its entity's last `count` rows before it; NaN without a value there."""
        ordered = values[self._order]
        there = np.isfinite(ordered)
        sums = np.concatenate(([0.0], np.cumsum(np.where(there, ordered, 0.0))))
        counts = np.concatenate(([0], np.cumsum(there)))
        first = np.maximum(self._start, self._place - count)
        rows = counts[self._place] - counts[first]
        found = np.empty(len(values))
        total = sums[self._place] - sums[first]
        found[self._order] = np.divide(total, rows, out=np.full(len(values), np.nan), where=rows > 0)
        return found
