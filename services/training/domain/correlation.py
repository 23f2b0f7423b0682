"""Pearson's correlation of numbers with the label and with each other."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from services.training.domain.cohort import Label

_SAMPLE = 20_000
_COLUMNS = 100
_PAIRS = 20
_LEAST = 30
"""Rows that have both values; of fewer nothing is said."""


class Pair(NamedTuple):
    """Two numbers, and how they go together: −1 to 1."""

    one: str
    other: str
    correlation: float


def correlations(numbers: pd.DataFrame, label: Label) -> tuple[dict[str, float], tuple[Pair, ...]]:
    """Of each column with the label, and of the pairs that go together most, at most 20.

    Of at most 20,000 rows, evenly spread, and the first 100 columns; each pair's of the rows that have both. A column
    that doesn't vary has none.
    """
    chosen = np.unique(np.linspace(0, len(label) - 1, min(len(label), _SAMPLE)).astype(np.intp))
    names = [str(name) for name in numbers.columns[:_COLUMNS]]
    values = numbers[names].iloc[chosen].to_numpy(np.float64)
    table = np.column_stack([np.where(np.isinf(values), np.nan, values), label[chosen].astype(np.float64)])
    found = pd.DataFrame(table).corr(min_periods=_LEAST).to_numpy()
    of_label = {name: float(found[at, -1]) for at, name in enumerate(names) if not np.isnan(found[at, -1])}
    first, second = np.triu_indices(len(names), 1)
    strength = np.nan_to_num(np.abs(found[first, second]), nan=0.0)
    order = [at for at in np.argsort(-strength, kind="stable")[:_PAIRS] if strength[at] > 0]
    pairs = [Pair(names[first[at]], names[second[at]], float(found[first[at], second[at]])) for at in order]
    return of_label, tuple(pairs)
