"""Learners learn, and learn the same again."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from services.contracts.pipeline.learning_task import BINARY
from services.training.adapters.onnx_export import export
from services.training.adapters.parity import parity
from services.training.domain.cohort import Rows
from services.training.domain.learner import Columns, Configuration, configurations, fit
from services.training.domain.metric import value
from services.training.domain.window import Window
from tests.unit.training.fitted import SMALL, fitted
from tests.unit.training.rows import DAY, NUMBERS, made_rows, rare_rows


@pytest.mark.parametrize("family", BINARY.learners)
def test_a_learner_ranks_rows_it_has_not_seen(family: str) -> None:
    seen, unseen = made_rows(seed=1), made_rows(seed=2)
    scores = fit(SMALL[family], seen, 0).scores(unseen.inputs)
    assert value("roc_auc", unseen.label, scores) > 0.75


@pytest.mark.parametrize("family", BINARY.learners)
def test_the_same_rows_and_seed_give_the_same_scores(family: str) -> None:
    rows = made_rows()
    assert (fitted(family).scores(rows.inputs) == fit(SMALL[family], rows, 0).scores(rows.inputs)).all()


@pytest.mark.parametrize("family", BINARY.learners)
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
    tried = configurations(BINARY.learners, 20)
    assert {one.family for one in tried if one.keep_negatives == 20} == {"hist_boosting"}
    assert {one.family for one in tried if one.keep_negatives is None} == {"logistic", "forest", "mlp"}
    boosting = next(one for one in tried if one.family == "hist_boosting")
    assert boosting.to_dict()["settings"]["keep_negatives"] == 20
    assert str(boosting).endswith("min_samples_leaf=20, keep_negatives=20)")


@pytest.mark.parametrize("family", BINARY.learners)
def test_calibration_changes_no_order_and_brings_scores_to_the_shares_that_happen(family: str) -> None:
    seen, unseen = made_rows(seed=1, strength=1.0), made_rows(seed=2, strength=1.0)
    plain, calibrated = (
        fit(replace(SMALL[family], calibrate=calibrate), seen, 0).scores(unseen.inputs) for calibrate in (False, True)
    )
    assert value("roc_auc", unseen.label, calibrated) == pytest.approx(value("roc_auc", unseen.label, plain), abs=1e-6)
    assert value("calibration_error", unseen.label, calibrated) < 0.05
    assert calibrated.mean() == pytest.approx(unseen.label.mean(), abs=0.03)


def test_an_overconfident_learner_is_calibrated() -> None:
    seen, unseen = made_rows(seed=1, strength=1.0), made_rows(seed=2, strength=1.0)
    greedy = Configuration("hist_boosting", (("learning_rate", 0.3), ("max_iter", 60), ("max_leaf_nodes", 63)))
    errors = [
        value("calibration_error", unseen.label, fit(one, seen, 0).scores(unseen.inputs))
        for one in (greedy, replace(greedy, calibrate=True))
    ]
    assert errors[1] < errors[0] / 3


def test_calibrated_scores_are_probabilities_among_all_rows_though_negatives_were_left_out() -> None:
    seen, unseen = rare_rows(3), rare_rows(4)
    learner = fit(replace(SMALL["hist_boosting"], keep_negatives=20, calibrate=True), seen, 0)
    assert learner.share_of_negatives < 0.2
    assert learner.scores(unseen.inputs).mean() == pytest.approx(unseen.label.mean(), rel=0.25)


def neighbours(_settings: dict[str, Any], columns: Columns, _seed: int) -> Pipeline:
    """A learner that knows no weights."""
    return make_pipeline(columns.transformed(SimpleImputer(), lambda _: "drop"), KNeighborsClassifier(200))


@pytest.mark.parametrize(
    ("family", "calibrate"),
    [*((family, False) for family in BINARY.learners), ("neighbours", False), ("logistic", True), ("neighbours", True)],
)
def test_rows_weigh_as_much_as_they_stand_for(family: str, calibrate: bool) -> None:
    rows = made_rows(days=20, a_day=30)
    (configuration, *_) = configurations((family,), None, {"neighbours": neighbours})
    weighed = replace(rows, weight=np.where(rows.label == 1, 8, 1))
    scores = fit(replace(configuration, calibrate=calibrate), weighed, 1).scores(rows.inputs)
    share = 8 * rows.positives / (7 * rows.positives + len(rows))
    assert np.average(scores, weights=weighed.weight) == pytest.approx(share, abs=0.05)


def test_a_window_leaves_out_what_was_before() -> None:
    rows = made_rows()
    last = rows.take(np.flatnonzero(rows.event_time > rows.event_time[-1] - 20 * DAY))
    windowed = replace(SMALL["logistic"], window=Window("20d", length=20 * DAY))
    assert (fit(windowed, rows, 0).scores(rows.inputs) == fit(SMALL["logistic"], last, 0).scores(rows.inputs)).all()


@pytest.mark.parametrize("family", BINARY.learners)
def test_categories_seen_less_often_than_the_file_says_are_one(family: str) -> None:
    rows, places = made_rows(), np.arange(3_600)
    country = np.where(places % 90 == 0, "AT", np.where(places % 90 == 45, "CH", "DE")).astype(object)
    label = np.where(country == "AT", 1, np.where(country == "CH", 0, rows.label)).astype(np.int8)
    planted = replace(rows, label=label, inputs=rows.inputs.assign(country=country))
    shown = rows.inputs.iloc[[0, 0, 0]].assign(country=["AT", "CH", "never seen"])
    apart, alike = (
        fit(replace(SMALL[family], rare_below=rare), planted, 0).scores(shown) for rare in ((), (("country", 50),))
    )
    assert apart[0] > apart[1] + 0.1
    assert alike[0] == alike[1]
    learner = fit(replace(SMALL[family], rare_below=(("country", 50),)), planted, 0)
    assert parity(learner, export(learner), planted.inputs).problem == ""
