"""Thresholds in float32 decide as they did in float64."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.training.domain.learner import Configuration, fit
from services.training.domain.threshold import floor_float32, split_thresholds
from tests.unit.training.rows import made_rows

TREES = (
    Configuration("hist_boosting", (("max_iter", 5),)),
    Configuration("forest", (("max_depth", 4), ("n_estimators", 3))),
)


@given(st.floats(-(2.0**90), 2.0**90), st.floats(-(2.0**90), 2.0**90, width=32))
def test_a_rounded_threshold_decides_alike_for_every_float32(threshold: float, value: float) -> None:
    rounded = floor_float32(np.array([threshold]))[0]
    assert (value <= threshold) == (value <= rounded)
    assert float(np.float32(rounded)) == rounded


def test_every_threshold_of_a_fitted_ensemble_is_a_float32() -> None:
    for configuration in TREES:
        splits = split_thresholds(fit(configuration, made_rows(), 0).pipeline[-1])
        assert splits
        assert all(float(np.float32(value)) == value for _, value in splits)


def test_a_linear_model_has_no_thresholds() -> None:
    linear = fit(Configuration("logistic", ()), made_rows(), 0)
    assert split_thresholds(linear.pipeline[-1]) == []
