"""Rank correlations of columns (Spearman 1904), mergeable: how columns go together, whatever each looks like alone.

Ranks are taken within the rows of one profile, so that neither units, tails nor what moves all rows of a window show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST = 64
"""Columns: profiles must fit into a record, and pairs are half their square."""


@dataclass(frozen=True, slots=True, eq=False)
class RankCorrelation:
    """names: the columns. rows: of each pair of them, row by row of the upper triangle, how many have both values.
    products: sums over these of the products of their standardised ranks.
    """

    names: tuple[str, ...]
    rows: Ints
    products: Floats

    @classmethod
    def of(cls, names: Sequence[str], values: npt.NDArray[Any]) -> Self:
        """Of rows [n, k] of up to `MOST` columns, NaN where a value is missing. A constant column tells nothing."""
        ranks = np.zeros(values.shape)
        for place, column in enumerate(values.T):
            there = ~np.isnan(column)
            ranks[there, place] = _centred(column[there])
        # ranks are whole numbers: no order of adding their products rounds anything
        whole, used = ranks.T @ ranks, _used(values, ranks)
        size = np.sqrt(np.diagonal(whole) / np.maximum(1.0, np.diagonal(used)))
        size[size == 0.0] = 1.0
        upper = np.triu_indices(len(names), 1)
        products = (whole / size[:, None] / size)[upper]
        return cls(tuple(names), used[upper].astype(np.int64), np.where(used[upper] > 0, products, 0.0))

    @classmethod
    def merged(cls, parts: Sequence["RankCorrelation"]) -> Self:
        """All rows of several of the same columns, at least one, each ranked within its own."""
        names = parts[0].names
        return cls(names, np.sum([one.rows for one in parts], axis=0), np.sum([one.products for one in parts], axis=0))

    @property
    def coefficients(self) -> Floats:
        """Of each pair, from -1 to 1; 0 where no row has both values."""
        found: Floats = np.clip(self.products / np.maximum(1, self.rows), -1.0, 1.0)
        return found

    def to_record(self) -> dict[str, Any]:
        """The `RankCorrelation` of ProfileClosed.avsc."""
        return {"names": list(self.names), "rows": self.rows.tolist(), "products": self.products.tolist()}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """That of which `to_record` gave `record`."""
        return cls(tuple(record["names"]), np.array(record["rows"], np.int64), np.array(record["products"], np.float64))


def _centred(values: npt.NDArray[Any]) -> Floats:
    """Twice the ranks less their mean, of values without NaN; equal ones share theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: Floats = (2 * np.cumsum(counts) - counts - len(values))[place].astype(np.float64)
    return found


def _used(values: npt.NDArray[Any], ranks: Floats) -> Floats:
    there = (~np.isnan(values) & ranks.any(axis=0)).astype(np.float64)
    found: Floats = there.T @ there
    return found
