"""How far two samples of a field lie apart, by measures beside the one that decides: they explain, they don't alarm."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.contracts.histogram import Histogram
from services.contracts.psi import Floats, Grouping

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """As Evidence in AlertRaised.avsc. effect: its size, whatever the rows. at: event time at which it was seen."""

    statistic: str
    value: float
    effect: float | None = None
    at: int | None = None


def evidence_of(grouping: Grouping, reference: Histogram, current: Histogram) -> tuple[Evidence, ...]:
    """Jensen-Shannon of any field; Kolmogorov-Smirnov of numbers; chi-square where categories are."""
    before, after = grouping.counts(reference), grouping.counts(current)
    found = [Evidence("jensen_shannon", jensen_shannon(before, after))]
    if reference.counts.sum() and current.counts.sum():
        found.append(Evidence("kolmogorov_smirnov", kolmogorov_smirnov(reference, current), delta(reference, current)))
    if grouping.categories:
        value, effect = chi_square(before, after)
        found.append(Evidence("chi_square", value, effect))
    return tuple(found)


def jensen_shannon(reference: Floats, current: Floats) -> float:
    """Distance of the shares of groups, from 0 to 1 (Endres and Schindelin 2003, with logarithms of 2)."""
    if not reference.sum() or not current.sum():
        return 0.0
    p, q = reference / reference.sum(), current / current.sum()
    middle = (p + q) / 2
    return math.sqrt(max(0.0, (_divergence(p, middle) + _divergence(q, middle)) / 2))


def kolmogorov_smirnov(reference: Histogram, current: Histogram) -> float:
    """Greatest difference of the two shares below a number, at the edges of the fixed bins: within 6 % of a value."""
    before, after = _shares(reference, current)
    return float(np.abs(np.cumsum(before) - np.cumsum(after)).max())


def delta(reference: Histogram, current: Histogram) -> float:
    """How much likelier a number of now is the greater of two than one of the reference (Cliff 1993): from -1 to 1."""
    before, after = _shares(reference, current)
    below = np.cumsum(before) - before
    above = before.sum() - below - before
    return float((after * (below - above)).sum())


def chi_square(reference: Floats, current: Floats) -> tuple[float, float]:
    """Pearson's statistic of two samples' groups, and Cramer's V, its size from 0 to 1 whatever the rows."""
    table = np.array([reference, current])
    table = table[:, table.sum(axis=0) > 0]
    whole = table.sum()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(1.0, whole)
    if not expected.all() or not whole:
        return 0.0, 0.0
    value = float(((table - expected) ** 2 / expected).sum())
    return value, math.sqrt(value / whole)


def _divergence(shares: Shares, middle: Shares) -> float:
    held = shares > 0
    return float((shares[held] * np.log2(shares[held] / middle[held])).sum())


def _shares(reference: Histogram, current: Histogram) -> tuple[Shares, Shares]:
    """Of the numbers alone, over the bins of both."""
    bins = np.union1d(reference.bins, current.bins)
    found = []
    for histogram in (reference, current):
        shares = np.zeros(len(bins))
        shares[np.searchsorted(bins, histogram.bins)] = histogram.counts / histogram.counts.sum()
        found.append(shares)
    return found[0], found[1]
