"""What each field tells alone: how far out a row lies in the one in which it lies farthest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.training.domain.cohort import Floats, Rows


@dataclass(frozen=True, slots=True)
class Quantiles:
    """numbers: of each its known values, sorted, and the share of rows without one. categories: of each the share of
    rows with one at most as common."""

    numbers: Mapping[str, tuple[NDArray[np.float32], float]]
    categories: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, rows: Rows) -> "Quantiles":
        """Those of some rows, at least one."""
        return cls(
            {name: _sorted(rows.inputs[name].to_numpy()) for name in rows.numbers},
            {name: _common(rows.inputs[name]) for name in rows.categories},
        )

    def scores(self, inputs: pd.DataFrame) -> Floats:
        """Between 0 in the middle of each field, and 1 beyond all that is known of one [rows]."""
        far = [_distance(inputs[name].to_numpy(), *known) for name, known in self.numbers.items()]
        rare = [1 - inputs[name].map(share).fillna(0.0).to_numpy(np.float64) for name, share in self.categories.items()]
        score: Floats = np.max([*far, *rare], axis=0)
        return score


def _sorted(values: Any) -> tuple[NDArray[np.float32], float]:
    missing = np.isnan(values)
    return np.sort(values[~missing]), float(missing.mean())


def _common(values: "pd.Series[Any]") -> dict[str, float]:
    shares = values.value_counts(normalize=True)
    return {str(name): float(shares[shares <= share].sum()) for name, share in shares.items()}


def _distance(values: Any, known: NDArray[np.float32], missing: float) -> Floats:
    """From the median, in quantiles; a missing number is as far out as it is rare."""
    below = (np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")) / 2
    apart = np.abs(2 * below / max(1, len(known)) - 1)
    return np.where(np.isnan(values), 1.0 - missing, apart)
