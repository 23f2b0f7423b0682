"""A number is learnt, exported, measured and judged as a class is: less is better, and nothing is decided."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import onnx
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from services.contracts.manifest import canonical
from services.contracts.pipeline.evaluate import Criterion as Asked
from services.contracts.pipeline.learning_task import REGRESSION
from services.registry.domain.acceptance import Case, Verdict, judge
from services.training.adapters.candidate import Candidate, learn
from services.training.adapters.onnx_export import export
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.adapters.parity import parity
from services.training.domain.cohort import Rows
from services.training.domain.ensemble import Joined
from services.training.domain.ensemble import fit as fit_any
from services.training.domain.evaluation import BaselineSuffices, Evaluation, evaluate
from services.training.domain.interval import Answers
from services.training.domain.learner import Configuration, Fitted, configurations, fit
from services.training.domain.measurement import Champion, Wanted
from services.training.domain.metric import value
from services.training.domain.search import Search, begun_with
from services.training.domain.split import NotEnough
from services.training.experiment import result
from tests.unit.training.fitted import rounded_up
from tests.unit.training.rows import DAY, NUMBERS, hourly_rows, made_task, relabelled

ROWS = hourly_rows()
LAST = np.roll(ROWS.label, 1)
SMALL = {
    "linear": Configuration("linear", (("alpha", 1.0),)),
    "hist_boosting": Configuration("hist_boosting", (("max_iter", 30),)),
    "forest": Configuration("forest", (("max_depth", 6), ("n_estimators", 20))),
}
TASK = made_task(("linear", "hist_boosting"), optimise="mae")


@cache
def fitted(family: str) -> Fitted:
    return fit(SMALL[family], ROWS, 0)


@cache
def learnt() -> Candidate:
    found = learn(ROWS, TASK, LAST, None)
    assert isinstance(found, Candidate)
    return found


def verdict(measured: dict[str, Any], *criteria: dict[str, Any]) -> Verdict:
    asked = [Asked.model_validate({"metric": "mae", **one}) for one in criteria]
    return judge(asked, Case(measured, measured["champion"], task=REGRESSION))


@pytest.mark.parametrize("family", REGRESSION.learners)
def test_a_learner_predicts_numbers_it_has_not_seen(family: str) -> None:
    unseen = hourly_rows(seed=2)
    assert value("r2", unseen.label, fitted(family).scores(unseen.inputs)) > 0.6
    assert (fitted(family).scores(unseen.inputs) == fit(SMALL[family], ROWS, 0).scores(unseen.inputs)).all()


@pytest.mark.parametrize("family", REGRESSION.learners)
def test_the_file_predicts_as_the_learner_on_real_and_hostile_rows(family: str) -> None:
    content = export(fitted(family))
    assert content == export(fit(SMALL[family], ROWS, 0))
    assert [entry.name for entry in onnx.load_model_from_string(content).graph.output] == ["prediction"]
    found = parity(fitted(family), content, ROWS.inputs)
    assert (found.problem, found.uneven) == ("", 0)
    assert max(found.distance, found.hostile_distance) < 1e-5


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_distances_are_counted_in_deviations_of_the_label_whatever_its_unit(scale: float) -> None:
    rows = relabelled(ROWS, ROWS.label * scale)
    learner = fit(SMALL["hist_boosting"], rows, 0)
    assert learner.unit == pytest.approx(fitted("hist_boosting").unit * scale)
    assert parity(learner, export(learner), rows.inputs).problem == ""
    other = export(fit(SMALL["linear"], rows, 0))
    assert "differs from the learner" in parity(learner, other, rows.inputs).problem


def test_a_loss_that_converts_wrongly_without_an_error_is_refused() -> None:
    plain = fitted("hist_boosting")
    poisson = HistGradientBoostingRegressor(loss="poisson", max_iter=30, early_stopping=False, random_state=0)
    rows = relabelled(ROWS, np.maximum(ROWS.label, 0.0))
    pipeline = make_pipeline(plain.pipeline[0], poisson).fit(rows.inputs, rows.label)
    wrong = replace(plain, pipeline=pipeline)
    assert "differs from the learner" in parity(wrong, export(wrong), rows.inputs).problem


def test_a_threshold_that_float32_rounds_up_is_refused() -> None:
    rows = hourly_rows(seed=4)
    learner = rounded_up(fit(SMALL["hist_boosting"], rows, 0))
    found = parity(learner, export(learner), rows.inputs)
    assert "hostile rows" in found.problem


def test_what_float32_cannot_tell_apart_is_refused_with_the_reason() -> None:
    rows = hourly_rows(scale=1e-4, middle=1e4)
    learner = fit(SMALL["linear"], rows, 0)
    assert "by" in parity(learner, export(learner), rows.inputs).problem


def test_a_candidate_tells_its_errors_and_decides_nothing() -> None:
    found = learnt()
    measured = found.evaluation.measured.to_dict()
    assert np.isnan(found.evaluation.threshold)
    assert (measured["positives"], measured["confusion"]) == (0, {})
    assert measured["residuals"]["p05"] < measured["residuals"]["p50"] < measured["residuals"]["p95"]
    tenths = measured["reliability"]
    assert sum(one["rows"] for one in tenths) == measured["rows"]
    assert [one["score"] for one in tenths] == sorted(one["score"] for one in tenths)
    assert found.evaluation.importance[0].input == NUMBERS[0]
    assert found.evaluation.leakage == ()
    assert 0 < measured["refit_shift"] < REGRESSION.refit_shift
    assert found.golden["scores"] != []


def test_less_error_passes_the_gate_and_more_doesn_t() -> None:
    measured = learnt().evaluation.measured.to_dict()
    mine = next(one["value"] for one in measured["findings"] if one["who"] == "model" and not one["against"])
    assert verdict(measured, {"above": ["baseline", "champion"]}).accepted
    assert verdict(measured, {"at_most": mine + 1}).accepted
    assert not verdict(measured, {"at_most": mine - 1}).accepted
    shifted = verdict(measured | {"refit_shift": 0.6}, {"at_most": mine + 1})
    assert [one.name for one in shifted.criteria if not one.passed] == ["refit_shift"]


@pytest.mark.parametrize(("off", "accepted"), [(40.0, True), (0.0, False)])
def test_a_champion_is_beaten_by_less_error_only(off: float, accepted: bool) -> None:
    """One has learnt from the hold-out too; the other is that one, and off by a number."""
    true = learnt()
    scores = OnnxScorer(true.content).scores(ROWS.inputs) + np.where(np.arange(len(ROWS)) % 2, off, -off)
    champion = Champion("v1", 46 * DAY, Answers(scores, np.nan))
    found = learn(ROWS, replace(TASK, refit=False), LAST, champion)
    assert isinstance(found, Candidate)
    measured = found.evaluation.measured.to_dict()
    assert verdict(measured, {"above": "champion"}).accepted == accepted
    assert verdict(measured, {"not_below": "champion", "margin": 2.0}).accepted == accepted
    assert verdict(measured, {"not_below": "champion", "margin": 20.0}).accepted


def test_a_baseline_that_is_right_suffices() -> None:
    noise = np.random.default_rng(1).normal(0, 1, len(ROWS))
    assert isinstance(evaluate(ROWS, TASK, ROWS.label + noise, None), BaselineSuffices)


def test_what_cannot_be_learnt_releases_nothing() -> None:
    """Labels in another order: no seed's model is better than their median for certain."""
    accepted = []
    for seed in range(6):
        label = np.random.default_rng(seed).permutation(ROWS.label)
        found = evaluate(relabelled(ROWS, label), replace(TASK, refit=False), LAST, None)
        if isinstance(found, Evaluation):
            accepted.append(verdict(found.measured.to_dict(), {"above": "baseline"}).accepted)
    assert not any(accepted)


def _train() -> Rows:
    found = evaluate(ROWS, replace(TASK, refit=False), LAST, None)
    assert isinstance(found, Evaluation)
    return ROWS.take(found.split.train)


def few(rows: Rows, count: int) -> Rows:
    return rows.take(np.arange(len(rows)) >= len(rows) - count)


def test_rows_are_what_is_counted() -> None:
    found = evaluate(few(ROWS, 250), TASK, LAST[-250:], None)
    assert isinstance(found, NotEnough)
    assert (found.reason, found.need) == ("training rows known before the hold-out begins", 200)
    lacking = evaluate(ROWS, replace(TASK, rule=replace(TASK.rule, min_positives=1_000)), LAST, None)
    assert isinstance(lacking, NotEnough)
    assert lacking.reason == "rows in the training rows"
    same = evaluate(relabelled(ROWS, np.full(len(ROWS), 5.0)), TASK, LAST, None)
    assert same == NotEnough("different labels in the validation rows", 1, 2)


def test_a_champion_that_has_seen_all_waits_for_rows() -> None:
    champion = Champion("v1", 60 * DAY, Answers(LAST, np.nan))
    assert evaluate(ROWS, TASK, LAST, champion) == NotEnough("rows since the champion was trained", 0, 30)


def test_a_search_begins_with_the_champion_s_settings() -> None:
    first = begun_with({"family": "linear", "settings": {"alpha": 7.0}})
    space = replace(TASK.space, families=("linear",), search=Search(4, None), first=first)
    found = evaluate(ROWS, replace(TASK, space=space), LAST, None)
    assert isinstance(found, Evaluation)
    assert found.trials[0].configuration.to_dict() == {"family": "linear", "settings": {"alpha": 7.0}}
    assert len(found.trials) == 4


def test_groups_need_rows() -> None:
    groups = np.where(np.arange(len(ROWS)) % 30 == 0, "few", "many").astype(object)
    wanted = (*TASK.wanted, Wanted("mae", 0.95, DAY, "place"))
    found = evaluate(replace(ROWS, groups={"place": groups}), replace(TASK, wanted=wanted, refit=False), LAST, None)
    assert isinstance(found, Evaluation)
    plain = [one for one in found.measured.to_dict()["findings"] if one.get("by")]
    assert [(one["group"], one["min_positives"]) for one in plain] == [("many", None)]
    limited = verdict(found.measured.to_dict(), {"by": "place", "at_most": plain[0]["value"] + 1})
    assert limited.accepted


def test_the_prior_of_absolute_errors_is_the_median() -> None:
    skewed = relabelled(ROWS, np.exp(ROWS.label / 50))
    found = evaluate(skewed, replace(TASK, refit=False), np.zeros(len(ROWS)), None)
    assert isinstance(found, Evaluation)
    development, holdout = (skewed.label[part] for part in (found.split.development, found.split.holdout))
    measured = [one for one in found.measured.to_dict()["findings"] if one["who"] == "prior"]
    assert measured[0]["value"] == pytest.approx(np.abs(holdout - np.median(development)).mean())


def test_known_settings_are_tried_of_each_family() -> None:
    assert [one.family for one in configurations(REGRESSION.learners_by_default, None)] == [
        "linear",
        "hist_boosting",
        "hist_boosting",
    ]


def test_an_interval_is_as_wide_as_the_hold_out_says() -> None:
    found = evaluate(ROWS, replace(TASK, coverage=0.9, refit=False), LAST, None)
    assert isinstance(found, Evaluation)
    assert found.half_width is not None
    holdout = ROWS.take(found.split.holdout)
    inside = np.abs(found.evaluated.scores(holdout.inputs) - holdout.label) <= found.half_width
    assert inside.mean() == pytest.approx(0.9, abs=0.01)
    assert learnt().evaluation.half_width is None


@pytest.mark.parametrize("how", ["voting", "stacking"])
def test_ensembles_of_numbers_ship_as_one_file(how: str) -> None:
    joined = Configuration(how, (), members=(SMALL["linear"], SMALL["hist_boosting"]))
    learner = fit_any(joined, ROWS, 0)
    assert isinstance(learner, Joined)
    assert (learner.task, learner.unit) == (REGRESSION, fitted("linear").unit)
    assert sum(learner.weights) == pytest.approx(1)
    content = export(learner)
    assert [entry.name for entry in onnx.load_model_from_string(content).graph.output] == ["prediction"]
    assert parity(learner, content, ROWS.inputs).problem == ""
    if how == "stacking":
        assert learner.weights[1] > learner.weights[0]


def test_earlier_times_are_measured_beside_the_median() -> None:
    found = evaluate(ROWS, replace(TASK, backtest=2, refit=False), LAST, None)
    assert isinstance(found, Evaluation)
    assert [one.lacking for one in found.backtest] == ["", ""]
    for one in found.backtest:
        assert one.positives == 0
        assert one.value is not None
        assert one.prior is not None
        assert one.value < one.prior


def test_an_experiment_can_be_kept_though_it_has_no_threshold() -> None:
    report = result(learnt(), len(ROWS))["report"]
    assert report["threshold"] is None
    assert canonical(report)
