"""Clean rows without labels: two numbers that go together, one that has missing values, one that never differs."""

from functools import cache

import numpy as np
import pandas as pd

from services.contracts.pipeline.learning_task import ANOMALY
from services.training.domain.cohort import Rows
from tests.unit.training.rows import HOUR

NUMBERS = ("flow", "power", "lag.1", "count")


@cache
def clean_rows(count: int = 2_000, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    time = np.arange(count) * HOUR // 10
    flow = np.exp(rng.normal(2.0, 0.5, count))
    lag = np.where(rng.random(count) < 0.1, np.nan, rng.normal(size=count))
    columns = (flow, 0.3 * flow + rng.normal(0, 0.1, count), lag, np.full(count, 60.0))
    inputs = pd.DataFrame({name: column.astype(np.float32) for name, column in zip(NUMBERS, columns, strict=True)})
    inputs["mode"] = rng.choice(np.array(["eco", "full"], object), count, p=(0.9, 0.1))
    groups = {"mode": inputs["mode"].to_numpy(object)}
    label = np.zeros(count, np.int8)
    return Rows(time, time + HOUR, label, inputs, NUMBERS, ("mode",), groups, entity=groups["mode"], task=ANOMALY)
