"""How differently a model decides of groups: measures of a distance between the groups that fare best and worst.

Both are those of Fairlearn by these names (Hardt et al. 2016 for equalised odds).
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from services.training.domain.block_sums import Blocks, Measure
from services.training.domain.cohort import Floats, Label

Groups = NDArray[np.intp]
"""Number of each row's group, 0 to G - 1 [rows]."""


def spread(metric: str, label: Label, decided: NDArray[np.bool_], groups: Groups, blocks: Blocks) -> Measure:
    """The disparity of these rows, prepared as `metric.prepare` has it; NaN where a group lacks a class.

    decided: whether a row is decided positive [rows]. Raises KeyError for an unknown metric.
    """
    of, true = _OF[metric], label == 1
    counted = (decided & true, decided & ~true, true, ~true)
    shape = int(blocks.max(initial=-1)) + 1, int(groups.max(initial=-1)) + 1
    cells = blocks * shape[1] + groups
    sums = [np.bincount(cells, column, shape[0] * shape[1]).reshape(shape) for column in counted]

    def measure(counts: Floats) -> Floats:
        hits, false_alarms, positives, negatives = (counts @ its for its in sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            return of(hits, false_alarms, positives, negatives)

    return measure


def _parity(hits: Floats, false_alarms: Floats, positives: Floats, negatives: Floats) -> Floats:
    """Between the shares that are decided positive."""
    return _range((hits + false_alarms) / (positives + negatives))


def _odds(hits: Floats, false_alarms: Floats, positives: Floats, negatives: Floats) -> Floats:
    """Between the shares of positives that are found, or of negatives that are suspected, whichever is greater."""
    return np.maximum(_range(hits / positives), _range(false_alarms / negatives))


def _range(rates: Floats) -> Floats:
    found: Floats = rates.max(axis=1) - rates.min(axis=1)
    return found


_OF: Mapping[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
    "demographic_parity": _parity,
    "equalised_odds": _odds,
}
