"""From rows to a candidate, and what the registry says of it."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from services.contracts.pipeline.evaluate import Criterion
from services.registry.domain.acceptance import Case, judge
from services.training.adapters.candidate import Candidate, NoFaithfulFile, learn
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain import learner
from services.training.domain.cohort import Floats, Rows
from services.training.domain.evaluation import BaselineSuffices
from services.training.domain.interval import Answers
from services.training.domain.measurement import Champion
from services.training.work import without_candidate
from tests.unit.training.rows import DAY, NUMBERS, made_rows, made_task, relabelled, wrongly_converted

ABOVE_BOTH = (Criterion.model_validate({"metric": "roc_auc", "above": ["baseline", "champion"]}),)
ABOVE_BASELINE = (Criterion.model_validate({"metric": "roc_auc", "above": "baseline"}),)
FRESH = (*ABOVE_BASELINE, Criterion.model_validate({"metric": "roc_auc", "not_below": "champion", "margin": 0.02}))


def prior(rows: Rows) -> Floats:
    return np.full(len(rows), 0.4)


def learnt(rows: Rows, champion: Champion | None = None, families: tuple[str, ...] = ("logistic",)) -> Candidate:
    found = learn(rows, made_task(families), prior(rows), champion)
    assert isinstance(found, Candidate)
    return found


@pytest.fixture(scope="module")
def first() -> Candidate:
    return learnt(made_rows())


def test_a_candidate_is_made_twice_with_the_same_bytes_and_numbers(first: Candidate) -> None:
    second = learnt(made_rows())
    assert (first.content, first.digest, first.golden) == (second.content, second.digest, second.golden)
    assert first.evaluation.measured.to_dict() == second.evaluation.measured.to_dict()


def test_its_golden_rows_score_as_signed_after_a_journey_through_json(first: Candidate) -> None:
    golden = json.loads(json.dumps(first.golden, allow_nan=False))
    inputs = made_rows().inputs.iloc[: len(golden["scores"])].copy()
    for i, name in enumerate(NUMBERS):
        inputs[name] = np.array([row[i] for row in golden["numbers"]], np.float32)
    inputs["country"] = [row[0] for row in golden["categories"]]
    assert OnnxScorer(first.content).scores(inputs).tolist() == golden["scores"]


def test_real_learning_is_accepted(first: Candidate) -> None:
    measured = first.evaluation.measured.to_dict()
    verdict = judge(ABOVE_BOTH, Case(measured, measured["champion"]))
    assert verdict.accepted, verdict.criteria
    assert [criterion.n > 0 for criterion in verdict.criteria if criterion.name != "roc_auc above champion"]


def test_a_worse_candidate_is_refused() -> None:
    """What it learns from has half of its labels turned round at random; the champion knows the truth."""
    rows = made_rows()
    rng = np.random.default_rng(0)
    broken = np.where((rng.random(len(rows)) < 0.4) & (rows.event_time < 46 * DAY), 1 - rows.label, rows.label)
    true = learnt(made_rows(seed=5))
    scores = OnnxScorer(true.content).scores(rows.inputs)
    champion = Champion("v1", 46 * DAY, Answers(scores, true.evaluation.threshold))
    found = learn(relabelled(rows, broken.astype(np.int8)), made_task(("hist_boosting",)), prior(rows), champion)
    assert isinstance(found, Candidate)
    measured = found.evaluation.measured.to_dict()
    for accept in (ABOVE_BOTH, FRESH):
        verdict = judge(accept, Case(measured, measured["champion"]))
        assert not verdict.accepted
        assert {criterion.name for criterion in verdict.criteria if not criterion.passed} & {
            "roc_auc above champion",
            "roc_auc not more than 0.02 below champion",
        }


def test_a_family_whose_file_differs_is_left_out_and_the_rest_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(settings: dict[str, Any], columns: learner.Columns, seed: int) -> Pipeline:
        return wrongly_converted(list(columns.numbers), list(columns.categories))

    monkeypatch.setitem(learner._BUILDERS["binary"], "hist_boosting", planted)
    monkeypatch.setitem(learner._BUILDERS["binary"], "forest", planted)
    rows = made_rows(a_day=20)
    alone = learn(rows, made_task(("hist_boosting", "forest")), prior(rows), None)
    assert isinstance(alone, NoFaithfulFile)
    assert set(alone.refused) == {"hist_boosting", "forest"}
    assert "differs from the learner by" in alone.refused["forest"]
    found = learn(noisy(rows), made_task(("forest", "logistic")), prior(rows), None)
    assert isinstance(found, Candidate)
    assert found.evaluation.released.configuration.family == "logistic"
    assert set(found.refused) == {"forest"}


def test_what_was_refused_is_told_though_nothing_that_is_left_beats_the_baseline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def planted(settings: dict[str, Any], columns: learner.Columns, seed: int) -> Pipeline:
        return wrongly_converted(list(columns.numbers), list(columns.categories))

    monkeypatch.setitem(learner._BUILDERS["binary"], "forest", planted)
    rows = noisy(made_rows(a_day=20))
    line = learn(rows, made_task(), prior(rows), None)
    assert isinstance(line, Candidate)
    as_good = OnnxScorer(line.content).scores(rows.inputs)
    between = np.where(rows.inputs[NUMBERS[0]] < -1, np.maximum(as_good, 0.45), as_good)
    found = learn(rows, made_task(("forest", "logistic")), between, None)
    assert isinstance(found, BaselineSuffices)
    assert set(found.refused) == {"forest"}
    assert "forest" in without_candidate(found, len(rows))["report"]["refused"]


def test_an_ensemble_tells_its_members_and_one_that_cannot_be_exported_leaves_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = made_rows(a_day=20, seed=4)  # on which both together do better than either
    task = made_task(("logistic", "hist_boosting"))
    task = replace(task, space=replace(task.space, ensembles=(("voting", ("logistic", "hist_boosting")),)))
    found = learn(rows, task, prior(rows), None)
    assert isinstance(found, Candidate)
    assert found.evaluation.released.configuration.name == "voting(logistic, hist_boosting)"
    assert [member["weight"] for member in found.members] == [0.5, 0.5]
    assert len({found.digest, *(member["digest"] for member in found.members)}) == 3
    monkeypatch.setitem(
        learner._BUILDERS["binary"],
        "hist_boosting",
        lambda settings, columns, seed: wrongly_converted(list(columns.numbers), list(columns.categories)),
    )
    left = learn(noisy(rows), task, prior(rows), None)
    assert isinstance(left, Candidate)
    assert "hist_boosting" in left.refused
    assert (left.evaluation.released.configuration.family, left.members) == ("logistic", [])


def noisy(rows: Rows) -> Rows:
    """Rows on which trees do better than a line: the label turns round where the first number is small."""
    turned = np.nan_to_num(rows.inputs[NUMBERS[0]].to_numpy()) < -1
    return relabelled(rows, np.where(turned, 1, rows.label).astype(np.int8))
