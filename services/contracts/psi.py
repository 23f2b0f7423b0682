"""Population stability index: how far the shares of a field have moved from those of its reference.

PSI = sum over groups of (p - q) ln(p / q); Siddiqi, Credit Risk Scorecards (2006): below 0.1 stable, above 0.25 moved.
Both sides are samples, so that even equal populations give about (groups - 1)(1/n + 1/m) (Yurdakul and Naranjo 2020);
this is subtracted, or small windows would look like drift.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.contracts.histogram import Histogram, Ints

GROUPS = 10
RARE_SHARE = 0.005
"""Categories of a smaller share in the reference are one group, with those it never saw."""

_PSEUDO = 0.5

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Groups made from a reference: of numbers, then a category each, other categories, missing.

    edges: greatest bin of each group of numbers but the last. exact: few distinct bins, each a group of its own and
    one for everything between them and beyond; so a constant field shows when it moves at all.
    """

    edges: Ints
    exact: bool
    categories: tuple[str, ...]

    @classmethod
    def of(cls, reference: Histogram) -> "Grouping":
        """The groups of a reference: its deciles, or its distinct values if they are few."""
        floor = RARE_SHARE * max(1, reference.total)
        categories = tuple(name for name, count in reference.categories.items() if name and count >= floor)
        if len(reference.bins) <= GROUPS:
            return cls(reference.bins, True, categories)
        middle = np.cumsum(reference.counts) - reference.counts / 2.0
        group = np.minimum((GROUPS * middle / reference.counts.sum()).astype(np.int64), GROUPS - 1)
        last = np.flatnonzero(np.diff(group))
        return cls(reference.bins[last], False, categories)

    def __len__(self) -> int:
        return len(self.edges) + 1 + len(self.categories) + 2

    def counts(self, histogram: Histogram) -> Floats:
        """Rows in each group."""
        numbers = np.zeros(len(self.edges) + 1)
        np.add.at(numbers, self._group(histogram.bins), histogram.counts)
        known = [float(histogram.categories.get(name, 0)) for name in self.categories]
        rest = sum(histogram.categories.values()) - sum(known)
        return np.concatenate([numbers, known, [rest, histogram.missing]])

    def _group(self, bins: Ints) -> Ints:
        place = np.searchsorted(self.edges, bins, side="left")
        if not self.exact:
            return place
        inside = np.minimum(place, max(0, len(self.edges) - 1))
        found = (
            (place < len(self.edges)) & (self.edges[inside] == bins) if len(self.edges) else np.zeros(len(bins), bool)
        )
        return np.where(found, place, len(self.edges))


def psi(reference: Floats, current: Floats) -> float:
    """Index of two arrays of counts of the same groups, less what chance gives; groups empty in both don't count."""
    used = (reference > 0) | (current > 0)
    groups = int(used.sum())
    n, m = float(reference.sum()), float(current.sum())
    if groups < 2 or n == 0 or m == 0:
        return 0.0
    p = (current[used] + _PSEUDO) / (m + _PSEUDO * groups)
    q = (reference[used] + _PSEUDO) / (n + _PSEUDO * groups)
    return float(((p - q) * np.log(p / q)).sum() - (groups - 1) * (1 / n + 1 / m))


def index_between(reference: Histogram, current: Histogram) -> float:
    """The index of two histograms of a field."""
    grouping = Grouping.of(reference)
    return psi(grouping.counts(reference), grouping.counts(current))


def apart_in(windows: int, overlap: int) -> int:
    """How many neighbours of a window, on either side, resemble it more than the future does: those next to it, or all
    that tell of the same past. windows: of the reference. overlap: so many windows are seen in one; a few must be left.
    """
    return 0 if windows < 4 else max(1, min(overlap, windows // 3))


def indices_within(counts: Sequence[Floats], overlap: int = 0) -> Floats:
    """Of each window of a reference against the others, those near it left out.

    counts: one array a window. overlap: of windows, see `apart_in`. Returns one index a window.
    """
    table = np.array(counts)
    apart = apart_in(len(table), overlap)
    total = table.sum(axis=0)
    values = []
    for i in range(len(table)):
        near = table[max(0, i - apart) : i + apart + 1].sum(axis=0)
        values.append(psi(total - near, table[i]))
    return np.array(values)
