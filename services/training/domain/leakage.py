"""Target leakage: an input that by itself tells the label almost without fail may be the truth in disguise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.contracts.pipeline.learning_task import BINARY, MULTICLASS, REGRESSION
from services.training.domain.cohort import Floats, Label, Rows
from services.training.domain.metric import value

ALMOST_ALWAYS = 0.99
"""Of pairs of a positive and a negative, those that are ranked right."""
_BINS = 32


@dataclass(frozen=True, slots=True)
class Leak:
    """value: of the metric, by the input alone, on rows that it wasn't looked at on."""

    input: str
    metric: str
    value: float

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        return {"input": self.input, self.metric: self.value}


def leaks(known: Rows, fresh: Rows) -> tuple[Leak, ...]:
    """Inputs that alone rank fresh rows right in at least 99 of 100 pairs, or explain 99.9 % of the variance of fresh
    labels that are numbers, the most telling first.

    A category says of a row the mean label of the known rows with the same one. A number says that of the known rows
    in the same 32nd, so that a truth that hides in the middle of a range is found too; where labels are numbers it says
    the label of the known row next to it, which a merely good forecast (the last value of a smooth series) isn't.
    Of several classes each is told from all others.
    """
    if not known.task.labelled:
        return ()
    test = _TESTS[known.task.kind]
    found = []
    for name in (*known.numbers, *known.categories):
        told = test.told(Column(known.inputs[name], known.label), Column(fresh.inputs[name], fresh.label))
        if told >= test.least:
            found.append(Leak(name, test.metric, told))
    return tuple(sorted(found, key=lambda one: -one.value))


class Column(NamedTuple):
    """Values of one column, numbers or texts, and the labels of their rows."""

    values: "pd.Series[Any]"
    label: Label


def telling(known: Column, fresh: Column) -> float:
    """ROC AUC on fresh rows of a column alone, as known ones tell it."""
    old, new = _cells(known.values, fresh.values, pd.api.types.is_numeric_dtype(known.values))
    return value("roc_auc", fresh.label, _shares(old, known.label)[new])


def _telling_each(known: Column, fresh: Column) -> float:
    """As `telling`, of the class that is told worst: one that is told alone tells little of the others."""
    return min(telling(_alone(known, number), _alone(fresh, number)) for number in np.unique(known.label).tolist())


def _alone(column: Column, number: int) -> Column:
    """One class against all others."""
    return Column(column.values, (column.label == number).astype(np.int8))


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


def _shares(cells: NDArray[np.intp], label: Label) -> Floats:
    """Mean label of each cell; that of all rows, at the end, for cells without rows."""
    count = int(cells.max(initial=-1)) + 3
    rows, positives = np.bincount(cells, minlength=count), np.bincount(cells, label, count)
    shares: Floats = np.where(rows > 0, positives / np.maximum(rows, 1), label.mean())
    return shares


def _explaining(known: Column, fresh: Column) -> float:
    """Share of the variance of fresh labels that a column alone explains, as known rows tell it."""
    if not pd.api.types.is_numeric_dtype(known.values):
        old, new = _cells(known.values, fresh.values, False)
        return value("r2", fresh.label, _shares(old, known.label)[new])
    told = _by_neighbour(known.values.to_numpy(np.float64), known.label, fresh.values.to_numpy(np.float64))
    return value("r2", fresh.label, told)


def _by_neighbour(known: Floats, label: Label, fresh: Floats) -> Floats:
    """The mean of all known labels where the number is missing, or nothing is known."""
    there, asked = ~np.isnan(known), ~np.isnan(fresh)
    told: Floats = np.full(len(fresh), label.mean())
    if not there.any():
        return told
    order = np.argsort(known[there], kind="stable")
    values, labels = known[there][order], label[there][order]
    right = np.clip(np.searchsorted(values, fresh[asked]), 0, len(values) - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.abs(values[left] - fresh[asked]) < np.abs(values[right] - fresh[asked])
    told[asked] = labels[np.where(nearer, left, right)]
    return told


@dataclass(frozen=True, slots=True)
class _Test:
    """told: the metric of a column alone. least: of it, to be suspected."""

    metric: str
    least: float
    told: Callable[[Column, Column], float]


_TESTS: Mapping[str, _Test] = {
    BINARY.kind: _Test("roc_auc", ALMOST_ALWAYS, telling),
    REGRESSION.kind: _Test("r2", 0.999, _explaining),
    MULTICLASS.kind: _Test("roc_auc", ALMOST_ALWAYS, _telling_each),
}
"""By the kind of the learning task."""
