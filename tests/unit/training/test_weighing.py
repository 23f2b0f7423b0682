"""Rows that count for more or for less, with learners that take weights and with one that doesn't."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from services.training.domain.cohort import Floats, Rows
from services.training.domain.weighing import fit_weighed
from tests.unit.training.rows import NUMBERS, made_rows

ROWS = made_rows(days=20, a_day=30)
HALVES: Floats = np.where(np.arange(len(ROWS)) < len(ROWS) // 2, 0.25, 1.0)
"""A quarter of the older half."""


def over_numbers(estimator: object) -> Pipeline:
    return make_pipeline(ColumnTransformer([("numbers", SimpleImputer(), list(NUMBERS))]), estimator)


def standing(rows: Rows, often: int) -> Rows:
    """The same rows, of which each stands for several events."""
    return replace(rows, weight=np.full(len(rows), often))


def shown(rows: Rows, fading: Floats | None, seed: int = 0) -> int:
    """How many rows a learner that knows no weights is shown."""
    pipeline = over_numbers(KNeighborsClassifier(3))
    fit_weighed(pipeline, rows, fading, seed)
    return int(pipeline[-1].n_samples_fit_)


@pytest.mark.parametrize("often", [None, 4])
@pytest.mark.parametrize("fading", [None, HALVES])
def test_what_a_row_stands_for_and_what_of_that_counts_is_its_weight(often: int | None, fading: Floats | None) -> None:
    rows = ROWS if often is None else standing(ROWS, often)
    ours, plain = (over_numbers(LogisticRegression(C=0.1)) for _ in range(2))
    fit_weighed(ours, rows, fading, 0)
    weight = (often or 1) * (np.ones(len(rows)) if fading is None else fading)
    plain.fit(rows.inputs, rows.label, logisticregression__sample_weight=weight)
    assert ours.predict_proba(rows.inputs).tolist() == plain.predict_proba(rows.inputs).tolist()


def test_without_weights_as_many_rows_are_shown_as_count() -> None:
    assert shown(ROWS, None) == len(ROWS)
    assert shown(standing(ROWS, 4), None) == 4 * len(ROWS)
    assert shown(ROWS, HALVES) == pytest.approx(HALVES.sum(), rel=0.1)
    assert shown(standing(ROWS, 4), HALVES) == pytest.approx(4 * HALVES.sum(), rel=0.05)


def test_the_same_seed_draws_the_same_rows() -> None:
    found = []
    for seed in (3, 3, 4):
        pipeline = over_numbers(KNeighborsClassifier(20))
        fit_weighed(pipeline, ROWS, HALVES, seed)
        found.append(pipeline.predict_proba(ROWS.inputs)[:, 1].tolist())
    assert found[0] == found[1] != found[2]
