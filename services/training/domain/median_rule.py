"""The median rule: what does worse on a part of the rows than the middle one of those before it is given up."""

import math

import numpy as np

from services.contracts.pipeline.metric import LOWER_IS_BETTER

_NEVER_GIVEN_UP = 5
"""So many go on before any is given up."""


class MedianRule:
    """Golovin et al., Google Vizier (2017), and as Optuna's MedianPruner: judged in their order, whether those before
    have ended or not, so that several may be tried at a time."""

    def __init__(self, metric: str) -> None:
        self._sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
        self._going_on: list[float] = []

    def gives_up(self, early: float | None) -> bool:
        """Whether the next one is given up. early: its measure on a part; None: it was not tried on one."""
        value = math.nan if early is None else self._sign * early
        if len(self._going_on) >= _NEVER_GIVEN_UP and value < self._middle():
            return True
        self._going_on.append(value)
        return False

    def _middle(self) -> float:
        known = [value for value in self._going_on if math.isfinite(value)]
        return float(np.percentile(known, 50)) if known else -math.inf
