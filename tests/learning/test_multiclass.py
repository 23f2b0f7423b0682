"""Several classes are learnt, exported, measured and judged as two are: scores of all, the most probable is decided."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import onnx
import pytest

from services.contracts.manifest import canonical
from services.contracts.pipeline.evaluate import Criterion as Asked
from services.contracts.pipeline.learning_task import MULTICLASS
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
from services.training.domain.learner import Configuration, Fitted, fit
from services.training.domain.measurement import Champion, Wanted
from services.training.domain.metric import value
from services.training.domain.search import Search
from services.training.domain.split import NotEnough
from services.training.experiment import result
from tests.unit.training.rows import ANIMALS, DAY, NUMBERS, animal_rows, made_task, relabelled

ROWS = animal_rows(a_day=30)
EVEN = np.full((len(ROWS), 3), 1 / 3)
SMALL = {
    "logistic": Configuration("logistic", (("C", 0.1),)),
    "hist_boosting": Configuration("hist_boosting", (("max_iter", 20),)),
    "forest": Configuration("forest", (("max_depth", 6), ("n_estimators", 20))),
    "mlp": Configuration("mlp", (("alpha", 0.001), ("hidden_units", 8))),
}
TASK = made_task(("logistic", "hist_boosting"), optimise="log_loss")


@cache
def fitted(family: str) -> Fitted:
    return fit(SMALL[family], ROWS, 0)


@cache
def learnt() -> Candidate:
    wanted = (*TASK.wanted, Wanted("macro_f1", 0.95, DAY), Wanted("balanced_accuracy", 0.95, DAY))
    found = learn(ROWS, replace(TASK, wanted=wanted), EVEN, None)
    assert isinstance(found, Candidate)
    return found


def verdict(measured: dict[str, Any], *criteria: dict[str, Any]) -> Verdict:
    asked = [Asked.model_validate({"metric": "log_loss", **one}) for one in criteria]
    return judge(asked, Case(measured, measured["champion"], task=ANIMALS))


@pytest.mark.parametrize("family", MULTICLASS.learners)
def test_a_learner_tells_classes_it_has_not_seen(family: str) -> None:
    unseen = animal_rows(a_day=30, seed=2)
    scores = fitted(family).scores(unseen.inputs)
    assert scores.shape == (len(unseen), 3)
    assert scores.sum(axis=1) == pytest.approx(1)
    assert value("balanced_accuracy", unseen.label, scores) > 0.55
    assert (scores == fit(SMALL[family], ROWS, 0).scores(unseen.inputs)).all()


@pytest.mark.parametrize("family", MULTICLASS.learners)
def test_the_file_scores_all_classes_as_the_learner_on_real_and_hostile_rows(family: str) -> None:
    content = export(fitted(family))
    assert content == export(fit(SMALL[family], ROWS, 0))
    assert [entry.name for entry in onnx.load_model_from_string(content).graph.output] == ["probability"]
    found = parity(fitted(family), content, ROWS.inputs)
    assert (found.problem, found.uneven) == ("", 0)
    assert OnnxScorer(content).scores(ROWS.inputs.iloc[:1]).shape == (1, 3)


def test_scores_in_another_order_are_refused() -> None:
    learner = fitted("logistic")
    turned = fit(SMALL["logistic"], relabelled(ROWS, (2 - ROWS.label).astype(np.int8)), 0)
    assert "differs from the learner" in parity(learner, export(turned), ROWS.inputs).problem


def test_a_candidate_tells_every_class() -> None:
    found = learnt()
    measured = found.evaluation.measured.to_dict()
    assert np.isnan(found.evaluation.threshold)
    assert (measured["positives"], measured["confusion"]) == (0, {})
    told = measured["by_class"]
    assert [one["class"] for one in told] == ["cat", "dog", "eel"]
    assert sum(one["rows"] for one in told) == measured["rows"]
    right = sum(one["decided"][number] for number, one in enumerate(told))
    assert right / measured["rows"] > 0.6
    assert sum(one["rows"] for one in measured["reliability"]) == measured["rows"]
    assert {one["metric"] for one in measured["findings"]} == {"log_loss", "macro_f1", "balanced_accuracy"}
    assert {one.input for one in found.evaluation.importance[:2]} == set(NUMBERS)
    assert found.evaluation.leakage == ()
    assert 0 < measured["refit_shift"] < MULTICLASS.refit_shift
    assert np.array(found.golden["scores"]).shape == (64, 3)
    assert all(region.more.value > 0 for region in found.evaluation.errors[:1])


def test_less_loss_passes_the_gate_and_more_doesn_t() -> None:
    measured = learnt().evaluation.measured.to_dict()
    mine = next(one["value"] for one in measured["findings"] if one["who"] == "model" and not one["against"])
    assert verdict(measured, {"above": ["baseline", "champion"]}).accepted
    assert not verdict(measured, {"at_most": mine - 0.1}).accepted
    assert verdict(measured, {"metric": "macro_f1", "above": "baseline"}).accepted
    shifted = verdict(measured | {"refit_shift": 0.6}, {"at_most": mine + 1})
    assert [one.name for one in shifted.criteria if not one.passed] == ["refit_shift"]


@pytest.mark.parametrize(("mixed", "accepted"), [(0.8, True), (0.0, False)])
def test_a_champion_is_beaten_by_less_loss_only(mixed: float, accepted: bool) -> None:
    """One has learnt from the hold-out too; the other is that one, mixed with what knows nothing."""
    scores = OnnxScorer(learnt().content).scores(ROWS.inputs) * (1 - mixed) + EVEN * mixed
    found = learn(ROWS, replace(TASK, refit=False), EVEN, Champion("v1", 46 * DAY, Answers(scores, np.nan)))
    assert isinstance(found, Candidate)
    assert verdict(found.evaluation.measured.to_dict(), {"above": "champion"}).accepted == accepted


def test_a_baseline_that_is_right_suffices() -> None:
    knows = np.eye(3)[ROWS.label] * 0.9 + 0.1 / 3
    assert isinstance(evaluate(ROWS, TASK, knows, None), BaselineSuffices)


def test_what_cannot_be_learnt_releases_nothing() -> None:
    """Labels in another order: no seed's model is better than their shares for certain."""
    accepted = []
    for seed in range(4):
        label = np.random.default_rng(seed).permutation(ROWS.label)
        found = evaluate(relabelled(ROWS, label), replace(TASK, refit=False), EVEN, None)
        if isinstance(found, Evaluation):
            accepted.append(verdict(found.measured.to_dict(), {"above": "baseline"}).accepted)
    assert not any(accepted)


def test_a_class_of_which_there_are_too_few_is_named() -> None:
    few = ROWS.take((ROWS.label != 2) | (np.arange(len(ROWS)) % 50 == 0))
    found = evaluate(few, TASK, EVEN[: len(few)], None)
    assert isinstance(found, NotEnough)
    assert found.reason == "rows of eel in the training rows"
    none = ROWS.take(ROWS.label != 1)
    assert evaluate(none, TASK, EVEN[: len(none)], None) == NotEnough("rows of dog in the training rows", 0, 30)


def test_a_search_tries_every_class_too() -> None:
    found = evaluate(ROWS, replace(TASK, space=replace(TASK.space, search=Search(4, None)), refit=False), EVEN, None)
    assert isinstance(found, Evaluation)
    assert len(found.trials) == 4


def test_groups_are_measured_by_their_rows() -> None:
    groups = np.where(np.arange(len(ROWS)) % 100 == 0, "few", "many").astype(object)
    wanted = (*TASK.wanted, Wanted("accuracy", 0.95, DAY, "place"))
    found = evaluate(replace(ROWS, groups={"place": groups}), replace(TASK, wanted=wanted, refit=False), EVEN, None)
    assert isinstance(found, Evaluation)
    plain = [one for one in found.measured.to_dict()["findings"] if one.get("by")]
    assert [one["group"] for one in plain] == ["many"]


@pytest.mark.parametrize("how", ["voting", "stacking"])
def test_ensembles_ship_as_one_file(how: str) -> None:
    learner = fit_any(Configuration(how, (), members=(SMALL["logistic"], SMALL["hist_boosting"])), ROWS, 0)
    assert isinstance(learner, Joined)
    assert sum(learner.weights) == pytest.approx(1)
    assert learner.scores(ROWS.inputs).shape == (len(ROWS), 3)
    assert parity(learner, export(learner), ROWS.inputs).problem == ""


def test_earlier_times_are_measured_beside_the_shares_of_classes() -> None:
    found = evaluate(ROWS, replace(TASK, backtest=2, refit=False), EVEN, None)
    assert isinstance(found, Evaluation)
    for one in found.backtest:
        assert (one.lacking, one.positives) == ("", 0)
        assert one.value is not None
        assert one.prior is not None
        assert one.value < one.prior


def test_an_input_that_tells_every_class_is_a_leak() -> None:
    found = evaluate(_with(ROWS, ROWS.label), replace(TASK, refit=False), EVEN, None)
    assert isinstance(found, Evaluation)
    assert [one.input for one in found.leakage] == [NUMBERS[1]]
    one_only = evaluate(_with(ROWS, ROWS.label == 2), replace(TASK, refit=False), EVEN, None)
    assert isinstance(one_only, Evaluation)
    assert one_only.leakage == ()


def _with(rows: Rows, values: Any) -> Rows:
    return replace(rows, inputs=rows.inputs.assign(**{NUMBERS[1]: values.astype(np.float32)}))


def test_an_experiment_can_be_kept_though_it_has_no_threshold() -> None:
    report = result(learnt(), len(ROWS))["report"]
    assert report["threshold"] is None
    assert canonical(report)
