"""The best that the same answer for every row can do."""

import numpy as np
import pytest

from services.training.domain.metric import value
from services.training.domain.prior import alone, prior
from tests.unit.training.rows import ANIMALS

LABEL = np.random.default_rng(1).exponential(40, 501)


@pytest.mark.parametrize("metric", ["mae", "rmse"])
def test_no_other_constant_errs_less(metric: str) -> None:
    answers = [prior(LABEL, metric) + off for off in (0.0, -0.5, 0.5, -20.0, 20.0)]
    errors = [value(metric, LABEL, np.full(len(LABEL), answer)) for answer in answers]
    assert min(errors) == errors[0]


def test_of_classes_it_is_the_share_of_positives() -> None:
    assert prior(np.array([0, 0, 1, 0], np.int8), "roc_auc") == 0.25


def test_of_several_classes_it_is_the_share_of_each_for_every_row() -> None:
    found = alone(np.array([0, 0, 1, 0], np.int8), 2, "log_loss", ANIMALS)
    assert found.tolist() == [[0.75, 0.25, 0.0]] * 2
