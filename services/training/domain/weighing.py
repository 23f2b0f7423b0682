"""Fitting to rows that don't all count alike: since one stands for several events, or is old."""

from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from services.training.domain.cohort import Floats, Rows


def fit_weighed(pipeline: Pipeline, rows: Rows, fading: Floats | None, seed: int) -> None:
    """Fit a pipeline, each row weighing as much as it stands for. fading: how much of that counts, at most 1 [rows].

    To a learner that knows no weights a row is shown as often as it stands for, and of faded ones as many as count are
    drawn (rejection sampling, Zadrozny et al. 2003).
    """
    if (rows.weight is None and fading is None) or not _takes_weights(pipeline[-1]):
        shown = _drawn(rows, fading, seed)
        pipeline.fit(shown.inputs, shown.label)
        return
    stands: Any = 1 if rows.weight is None else rows.weight
    weight = stands if fading is None else stands * fading
    pipeline.fit(rows.inputs, rows.label, **{f"{pipeline.steps[-1][0]}__sample_weight": weight})


def _drawn(rows: Rows, fading: Floats | None, seed: int) -> Rows:
    if rows.weight is None and fading is None:
        return rows
    places = rows.standing(np.arange(len(rows)))
    if fading is not None:
        places = places[np.random.default_rng(seed).random(len(places)) < fading[places]]
    return rows.take(places)


def _takes_weights(model: Any) -> bool:
    inner = model.estimator if isinstance(model, CalibratedClassifierCV) else model
    return bool(has_fit_parameter(inner, "sample_weight"))
