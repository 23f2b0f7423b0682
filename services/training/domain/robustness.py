"""What a model loses when an input is missing: a source that fails, or a field that is no longer sent."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from services.contracts.pipeline.metric import LOWER_IS_BETTER
from services.training.domain.cohort import Rows
from services.training.domain.ensemble import Learnt
from services.training.domain.metric import value
from services.training.domain.sample import evenly

_MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Robustness:
    """value: of the metric while the input is missing in every row. loss: how much worse that is; None, both, where the
    metric isn't defined."""

    input: str
    value: float | None
    loss: float | None

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        return {"input": self.input, "value": self.value, "loss": self.loss}


def robustness(model: Learnt, threshold: float, rows: Rows, metric: str) -> tuple[Robustness, ...]:
    """Of every input in its order, one missing at a time; on at most 10,000 rows that the model hasn't seen.

    A missing number is NaN, a missing category empty text, as features give them.
    """
    some = rows.take(evenly(len(rows), _MOST_ROWS))
    inputs, sign = some.inputs.reset_index(drop=True), -1 if metric in LOWER_IS_BETTER else 1

    def measured(given: pd.DataFrame) -> float:
        return value(metric, some.label, model.scores(given), threshold, some.costs)

    whole, found = measured(inputs), []
    for name in (*model.numbers, *model.categories):
        left = measured(inputs.assign(**{name: np.float32(np.nan) if name in model.numbers else ""}))
        found.append(Robustness(name, _finite(left), _finite(sign * (whole - left))))
    return tuple(found)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
