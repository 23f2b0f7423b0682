"""Ensembles: their scores are those of their members, joined; and so is their file."""

from dataclasses import replace

import numpy as np
import onnx
import pytest

from services.contracts.pipeline.learning_task import BINARY
from services.training.adapters.onnx_export import export
from services.training.adapters.parity import parity
from services.training.domain import learner
from services.training.domain.ensemble import STACKING, Joined, fit
from services.training.domain.learner import Configuration
from services.training.domain.metric import value
from services.training.domain.search import Search, best, tried
from services.training.domain.window import Window
from tests.unit.training.fitted import SMALL, fitted
from tests.unit.training.rows import CATEGORIES, DAY, NUMBERS, made_rows, made_task, rare_rows, relabelled

MEMBERS = ("logistic", "hist_boosting", "mlp")
KINDS = ("voting", STACKING)


def ensemble(kind: str, members: tuple[str, ...] = MEMBERS) -> Configuration:
    return Configuration(kind, (), members=tuple(SMALL[member] for member in members))


def joined(kind: str, members: tuple[str, ...] = MEMBERS) -> Joined:
    found = fit(ensemble(kind, members), made_rows(), 0)
    assert isinstance(found, Joined)
    return found


def test_what_has_no_members_is_fitted_as_ever() -> None:
    rows = made_rows()
    assert (fit(SMALL["logistic"], rows, 0).scores(rows.inputs) == fitted("logistic").scores(rows.inputs)).all()


def test_voters_give_the_mean_of_their_scores() -> None:
    rows = made_rows(seed=5)
    expected = np.mean([fitted(member).scores(rows.inputs) for member in MEMBERS], axis=0)
    assert joined("voting").scores(rows.inputs) == pytest.approx(expected, abs=1e-12)


def test_a_stacking_weighs_its_members() -> None:
    rows = made_rows(seed=5)
    made = joined("stacking")
    assert sum(made.weights) == pytest.approx(1)
    assert min(made.weights) >= 0
    scores = np.stack([fitted(member).scores(rows.inputs) for member in MEMBERS], axis=1)
    assert made.scores(rows.inputs) == pytest.approx(scores @ np.array(made.weights), abs=1e-12)
    assert value("roc_auc", rows.label, made.scores(rows.inputs)) > 0.78


def test_a_member_that_learnt_noise_by_heart_gets_little_weight() -> None:
    greedy = Configuration("hist_boosting", (("max_iter", 100), ("max_leaf_nodes", 63), ("min_samples_leaf", 2)))
    members = (SMALL["logistic"], greedy)
    made = fit(Configuration("stacking", (), members=members), made_rows(strength=1.0), 0)
    assert isinstance(made, Joined)
    sound, noisy = made.weights
    assert sound > 5 * noisy


def test_members_count_alike_where_there_was_one_class_before_the_newest_rows() -> None:
    rows = made_rows()
    before = np.arange(len(rows)) < len(rows) * 4 // 5
    made = fit(ensemble("stacking"), relabelled(rows, np.where(before, 0, rows.label).astype(np.int8)), 0)
    assert isinstance(made, Joined)
    assert made.weights == (1 / 3,) * 3


@pytest.mark.parametrize("kind", KINDS)
def test_its_file_scores_as_it_does_and_is_the_same_again(kind: str) -> None:
    rows, made = made_rows(), joined(kind, (*MEMBERS, "forest"))
    content = export(made)
    found = parity(made, content, rows.inputs)
    assert found.problem == ""
    assert max(found.distance, found.hostile_distance) < BINARY.tolerance
    again = fit(made.configuration, made_rows(), 0)
    assert export(again) == content
    graph = onnx.load_model_from_string(content)
    assert [entry.name for entry in graph.graph.input] == [*NUMBERS, *CATEGORIES]
    assert [entry.name for entry in graph.graph.output] == ["probability"]
    onnx.checker.check_model(graph)


@pytest.mark.parametrize("kind", KINDS)
def test_members_keep_their_negatives_their_windows_and_their_calibration(kind: str) -> None:
    rows = rare_rows(3)
    boosting = replace(SMALL["hist_boosting"], keep_negatives=20, calibrate=True)
    recent = replace(SMALL["logistic"], window=Window("30d", length=30 * DAY))
    made = fit(Configuration(kind, (), members=(boosting, recent)), rows, 0)
    assert made.share_of_negatives == learner.fit(boosting, rows, 0).share_of_negatives < 0.2
    assert made.configuration.begins(rows) == rows.event_time[0]
    assert parity(made, export(made), rows.inputs).problem == ""


def test_an_ensemble_is_tried_with_the_best_of_each_of_its_families() -> None:
    rows = made_rows()
    train, validation = rows.take(np.arange(3000)), rows.take(np.arange(3000, 3600))
    space = replace(
        made_task(("logistic", "hist_boosting")).space, ensembles=(("voting", ("logistic", "hist_boosting")),)
    )
    *alone, last = tried(train, validation, space)
    boosting = best([one for one in alone if one.configuration.family == "hist_boosting"], space.optimise)
    assert last.configuration.members == (alone[0].configuration, boosting.configuration)
    assert str(last.configuration).startswith("voting(logistic(C=0.1), hist_boosting(")
    assert [one["family"] for one in last.to_dict()["members"]] == ["logistic", "hist_boosting"]


def test_a_search_ends_with_the_ensembles_of_families_it_came_to() -> None:
    rows = made_rows(days=30)
    train, validation = rows.take(np.arange(1200)), rows.take(np.arange(1200, 1800))
    ensembles = (("voting", ("logistic", "mlp")), ("stacking", ("logistic", "forest")))
    space = replace(made_task(("logistic", "mlp")).space, search=Search(3, None), ensembles=ensembles)
    found = tried(train, validation, space)
    assert [one.configuration.family for one in found[3:]] == ["voting"]
