"""Real flights with their days shuffled: nothing changes any more, but days differ as days do."""

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.bench.drifting import Step
from tests.results.demos import ROOT

CATEGORIES = ("carrier", "origin", "dest")
_NAMES = {"UniqueCarrier": "carrier", "Origin": "origin", "Dest": "dest", "Distance": "distance"}


def flights() -> pd.DataFrame:
    """All of them, with `day`, `place` in it, `hour`, and whether they came late."""
    sys.path.insert(0, str(Path(os.environ.get("DRIFTMILL_TEST_DATA") or ROOT.parent / "shared" / "data")))
    found = importlib.import_module("streams").hflights().rename(columns=_NAMES | {"entity": "carrier"})
    day = found.event_time.dt.normalize()
    found["place"] = (found.event_time - day) / pd.Timedelta("1D")
    found["day"] = (day - day.min()).dt.days
    found["hour"] = np.floor(found.place * 24)
    ordered: pd.DataFrame = found.sort_values("event_time", kind="stable").reset_index(drop=True)
    return ordered


def shuffled(found: pd.DataFrame, seed: int, learnt: int) -> Iterator[Step]:
    """Days in another order, answered by a logistic model of the first `learnt` of them."""
    days = np.random.default_rng(seed).permutation(sorted(found.day.unique()))
    by_day = dict(list(found.groupby("day")))
    first = pd.concat([by_day[day] for day in days[:learnt]])
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", min_frequency=50), list(CATEGORIES)),
        (StandardScaler(), ["distance", "hour"]),
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=300)).fit(first, first.label)
    for day in days:
        its = by_day[day]
        yield Step(
            its.place.to_numpy(),
            {name: its[name].to_numpy(np.float64) for name in ("distance", "hour")},
            {name: its[name].tolist() for name in CATEGORIES},
            model.predict_proba(its)[:, 1],
            its.label.to_numpy(bool),
        )
