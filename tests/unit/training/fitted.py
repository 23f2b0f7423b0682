"""Small learners, fitted once for all tests that only look at them."""

from copy import deepcopy
from dataclasses import replace
from functools import cache

import numpy as np

from services.training.domain.learner import Configuration, Fitted, fit
from tests.unit.training.rows import NUMBERS, made_rows

SMALL = {
    "logistic": Configuration("logistic", (("C", 0.1),)),
    "hist_boosting": Configuration("hist_boosting", (("max_iter", 30),)),
    "forest": Configuration("forest", (("max_depth", 6), ("n_estimators", 20))),
    "mlp": Configuration("mlp", (("alpha", 0.001), ("hidden_units", 8))),
}


@cache
def fitted(family: str) -> Fitted:
    """The family's small learner, fitted to the usual rows with seed 0."""
    return fit(SMALL[family], made_rows(), 0)


def rounded_up(learner: Fitted) -> Fitted:
    """A boosting whose thresholds of numbers, as float32 has them, lie above what the file compares with."""
    planted = replace(learner, pipeline=deepcopy(learner.pipeline))
    for stage in planted.pipeline[-1]._predictors:
        nodes = stage[0].nodes
        inner = (nodes["is_leaf"] == 0) & (nodes["feature_idx"] < len(NUMBERS))
        up = np.nextafter(nodes["num_threshold"].astype(np.float32), np.float32(np.inf)).astype(np.float64)
        nodes["num_threshold"] = np.where(inner, np.nextafter(up, -np.inf), nodes["num_threshold"])
    return planted
