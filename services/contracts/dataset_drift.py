"""How far the columns of a dataset have moved from the last one: its new rows beside those of the last.

Datasets grow: what the last one held is in the next one too, so that its counts can be taken off. Where rows went from
the lake meanwhile, as many new ones of the same bins are missed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from services.contracts.histogram import Histogram
from services.contracts.psi import index_between

Facts = Mapping[str, Any]

MOVED = 0.1
"""From this index on a column has moved (Siddiqi 2006); above 0.25 much."""


def drift(last: Facts, current: Facts) -> dict[str, float]:
    """Population stability index of each column that means the same in both, the most moved first.

    last, current: profiles of datasets (training's `profile`), feature_set among it. Features of another set are
    of other rows: then all rows of both are compared. Without new rows: nothing.
    """
    grown = last["feature_set"] == current["feature_set"]
    before = {(one["name"], one["digest"]): one for one in last["columns"]}
    found = {}
    for one in current["columns"]:
        known = before.get((one["name"], one["digest"]))
        if known is None:
            continue
        old, new = _histogram(known), _histogram(one)
        new = _without(new, old) if grown else new
        if old.total and new.total:
            found[one["name"]] = index_between(old, new)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def _histogram(column: Facts) -> Histogram:
    return Histogram.from_record(column)


def _without(all_rows: Histogram, part: Histogram) -> Histogram:
    """A part taken off, bin by bin; a row that was in it may be left out since, but nothing falls below zero."""
    taken = dict(zip(part.bins.tolist(), part.counts.tolist(), strict=True))
    left = all_rows.counts - np.array([taken.get(bin_, 0) for bin_ in all_rows.bins.tolist()], dtype=np.int64)
    some = left > 0
    categories = {name: count - part.categories.get(name, 0) for name, count in all_rows.categories.items()}
    there = {name: count for name, count in categories.items() if count > 0}
    return Histogram(all_rows.bins[some], left[some], there, max(0, all_rows.missing - part.missing))
