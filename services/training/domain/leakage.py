"""Target leakage: an input that by itself tells the label almost without fail may be the truth in disguise."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.training.domain.cohort import Floats, Rows
from services.training.domain.metric import value

ALMOST_ALWAYS = 0.99
"""Of pairs of a positive and a negative, those that are ranked right."""
_BINS = 32


@dataclass(frozen=True, slots=True)
class Leak:
    """roc_auc: of the input alone, on rows that it wasn't looked at on."""

    input: str
    roc_auc: float

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        return asdict(self)


def leaks(known: Rows, fresh: Rows) -> tuple[Leak, ...]:
    """Inputs by which alone fresh rows are ranked right in at least 99 of 100 pairs, the most telling first.

    A row is scored by the share of positives among the known rows with the same category, or with a number in the same
    32nd of the known ones, so that a truth that hides in the middle of a range is found too.
    """
    found = []
    for name in (*known.numbers, *known.categories):
        told = telling(Column(known.inputs[name], known.label), Column(fresh.inputs[name], fresh.label))
        if told >= ALMOST_ALWAYS:
            found.append(Leak(name, told))
    return tuple(sorted(found, key=lambda one: -one.roc_auc))


class Column(NamedTuple):
    """Values of one column, numbers or texts, and the labels of their rows."""

    values: "pd.Series[Any]"
    label: NDArray[np.int8]


def telling(known: Column, fresh: Column) -> float:
    """ROC AUC on fresh rows of a column alone, as known ones tell it."""
    old, new = _cells(known.values, fresh.values, pd.api.types.is_numeric_dtype(known.values))
    return value("roc_auc", fresh.label, _shares(old, known.label)[new])


def _cells(known: "pd.Series[Any]", fresh: "pd.Series[Any]", is_number: bool) -> tuple[NDArray[np.intp], ...]:
    """Number of each row's cell among the known ones, and of the fresh ones; one more for what isn't known."""
    if not is_number:
        codes = pd.Index(known.unique())
        return tuple(np.asarray(codes.get_indexer(pd.Index(some)), np.intp) for some in (known, fresh))
    there = known.to_numpy(np.float64)
    told = there[~np.isnan(there)]
    edges = np.unique(np.quantile(told, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(told) else told
    return tuple(
        np.where(np.isnan(some), len(edges) + 1, np.searchsorted(edges, some, "right")).astype(np.intp)
        for some in (there, fresh.to_numpy(np.float64))
    )


def _shares(cells: NDArray[np.intp], label: NDArray[np.int8]) -> Floats:
    """Share of positives of each cell; that of all rows, at the end, for cells without rows."""
    count = int(cells.max(initial=-1)) + 3
    rows, positives = np.bincount(cells, minlength=count), np.bincount(cells, label, count)
    shares: Floats = np.where(rows > 0, positives / np.maximum(rows, 1), label.mean())
    return shares
