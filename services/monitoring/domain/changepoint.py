"""When a series changed its level, with an interval.

Least squares for one change of mean (Hinkley, Biometrika 1970); the interval holds all places whose likelihood isn't
much below the best one's, with a margin for autocorrelation.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from services.monitoring.domain.alert import Change

Floats = npt.NDArray[np.float64]

_MARGIN = 2.0 * 3.84
"""Twice the 95 % point of the chi-square distribution with one degree of freedom."""


def locate(times: Sequence[tuple[int, int]], values: Floats, weights: Floats) -> Change:
    """The change of a series of at least two values; times: first and last moment of each. Weights: rows behind each.

    The estimate is the first moment at the new level.
    """
    gains = _gains(values, weights)
    best = int(np.argmax(gains))
    count = len(values)
    rest = float((weights * (values - np.average(values, weights=weights)) ** 2).sum()) - gains
    lowest = max(float(rest[best]), 1e-12)
    likely = np.flatnonzero(count * np.log(np.maximum(rest, 1e-12) / lowest) <= _MARGIN)
    first, last = int(likely.min()), int(likely.max())
    return Change(low=times[first][1], point=times[best + 1][0], high=times[last + 1][0])


def _gains(values: Floats, weights: Floats) -> Floats:
    """Sum of squares explained by a change after each value but the last."""
    weight, total = np.cumsum(weights), np.cumsum(weights * values)
    left, right = weight[:-1], weight[-1] - weight[:-1]
    difference = total[:-1] / left - (total[-1] - total[:-1]) / right
    return np.asarray(left * right / weight[-1] * difference**2)
