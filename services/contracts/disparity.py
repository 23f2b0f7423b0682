"""How far groups lie apart in what is decided of them: the measures of `evaluate.accept`, from sums by windows.

As Fairlearn has them: of equalised odds (Hardt et al. 2016) the greater of the distances between the groups' shares of
positives that are found, and of negatives that are suspected; of demographic parity between their shares of positive
decisions.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from services.contracts.pipeline.metric import Disparity
from services.contracts.tally import Part, Tally, total

Rate = Callable[[Tally], Part]

RATES: Mapping[str, Rate] = {
    "recall": lambda its: (its.hits, its.positives),
    "false_positive_rate": lambda its: (its.false_alarms, its.rows - its.positives),
    "positive_rate": lambda its: (its.hits + its.false_alarms, its.rows),
}
"""What may befall a group, by name: what counts, and of how much."""

_OF: Mapping[Disparity, tuple[str, ...]] = {
    "equalised_odds": ("recall", "false_positive_rate"),
    "demographic_parity": ("positive_rate",),
}


class Apart(NamedTuple):
    """The greatest distance between two groups. rate: in what. most, least: the groups. low, high: between them all
    distances lie with so much confidence, whichever pair is looked at: low is the greatest lower bound of a pair's."""

    value: float
    low: float
    high: float
    rate: str
    most: str
    least: str


def apart(
    metric: Disparity, groups: Mapping[str, Sequence[Tally]], enough: int, confidence: float = 0.95
) -> Apart | None:
    """A disparity, None where fewer than two groups have `enough` rows of either class, or there is one window only.

    groups: of each a tally a window, the same windows for all. Intervals are by windows (as of a ratio of sums by
    clusters, Cochran 1977), and hold for all pairs at once (Bonferroni).
    """
    judged = sorted(name for name, its in groups.items() if _is_enough(total(its), enough))
    windows = min((len(groups[name]) for name in judged), default=0)
    if len(judged) < 2 or windows < 2:
        return None
    names = _OF[metric]
    tests = len(names) * len(judged) * (len(judged) - 1) / 2
    times = float(stdtrit(windows - 1, 1 - (1 - confidence) / 2 / tests))
    return _widest([_of_rate(name, {group: groups[group] for group in judged}, times) for name in names])


def _is_enough(its: Tally, enough: int) -> bool:
    return min(its.positives, its.rows - its.positives) >= enough


def _of_rate(name: str, groups: Mapping[str, Sequence[Tally]], times: float) -> Apart:
    parts = np.array([[RATES[name](its) for its in windows] for windows in groups.values()])  # [groups, windows, 2]
    sums = parts.sum(axis=1)
    rates = sums[:, 0] / sums[:, 1]
    residuals = (parts[:, :, 0] - rates[:, None] * parts[:, :, 1]) / sums[:, 1:]
    distances = rates[:, None] - rates[None, :]
    errors = _errors(residuals)
    first, second = np.unravel_index(int(distances.argmax()), distances.shape)
    labels, value = list(groups), float(distances[first, second])
    low, high = float((distances - times * errors).max()), float((distances + times * errors).max())
    return Apart(value, max(0.0, low), min(1.0, high), name, labels[int(first)], labels[int(second)])


def _errors(residuals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard errors of the distances of all pairs, from residuals [groups, windows]."""
    windows = residuals.shape[1]
    products = residuals @ residuals.T
    own = np.diag(products)
    squares = np.maximum(0.0, own[:, None] + own[None, :] - 2 * products)
    found: NDArray[np.float64] = np.sqrt(squares * windows / (windows - 1))
    return found


def _widest(found: Sequence[Apart]) -> Apart:
    widest = max(found, key=lambda one: one.value)
    return widest._replace(low=max(one.low for one in found), high=max(one.high for one in found))
