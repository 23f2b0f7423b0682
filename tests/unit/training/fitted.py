"""Small learners, fitted once for all tests that only look at them."""

from functools import cache

from services.training.domain.learner import Configuration, Fitted, fit
from tests.unit.training.rows import made_rows

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
