"""Learners learn, and learn the same again."""

import numpy as np
import pytest

from services.training.domain.cohort import Rows
from services.training.domain.learner import FAMILIES, configurations, fit
from services.training.domain.metric import value
from tests.unit.training.fitted import SMALL, fitted
from tests.unit.training.rows import NUMBERS, made_rows


@pytest.mark.parametrize("family", FAMILIES)
def test_a_learner_ranks_rows_it_has_not_seen(family: str) -> None:
    seen, unseen = made_rows(seed=1), made_rows(seed=2)
    scores = fit(SMALL[family], seen, 0).scores(unseen.inputs)
    assert value("roc_auc", unseen.label, scores) > 0.75


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_rows_and_seed_give_the_same_scores(family: str) -> None:
    rows = made_rows()
    assert (fitted(family).scores(rows.inputs) == fit(SMALL[family], rows, 0).scores(rows.inputs)).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_column_without_any_value_does_no_harm(family: str) -> None:
    rows = made_rows(days=20)
    inputs = rows.inputs.assign(**{NUMBERS[1]: np.float32(np.nan)})
    empty = Rows(rows.event_time, rows.label_time, rows.label, inputs, rows.numbers, rows.categories)
    scores = fit(SMALL[family], empty, 0).scores(rows.inputs)
    assert np.isfinite(scores).all()


def test_each_family_has_configurations_in_the_order_asked_for() -> None:
    tried = configurations(("hist_boosting", "logistic"), None)
    assert [one.family for one in tried] == ["hist_boosting", "hist_boosting", "logistic"]
    assert tried[-1].to_dict() == {"family": "logistic", "settings": {"C": 0.1}}
    assert str(tried[-1]) == "logistic(C=0.1)"
    with pytest.raises(KeyError):
        configurations(("magic",), None)


def test_only_boosting_leaves_out_negatives_and_says_how_many_it_keeps() -> None:
    tried = configurations(FAMILIES, 20)
    assert {one.family for one in tried if one.keep_negatives == 20} == {"hist_boosting"}
    assert {one.family for one in tried if one.keep_negatives is None} == {"logistic", "forest"}
    boosting = next(one for one in tried if one.family == "hist_boosting")
    assert boosting.to_dict()["settings"]["keep_negatives"] == 20
    assert str(boosting).endswith("min_samples_leaf=20, keep_negatives=20)")
