"""What has no labels goes the whole way: raw records to a judged model, what it flags, and what is watched of it."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from services.chassis.store import Store
from services.contracts.baseline import BASELINE
from services.contracts.pipeline import Pipeline
from services.inference.adapters.onnx_model import OnnxModel
from services.inference.domain.baseline import BaselineScorer
from services.monitoring.app import policy_of
from services.monitoring.domain.watch import Watch
from services.registry.adapters.cards import Cards
from services.training.adapters.champion import described
from services.training.work import work
from tests.laws.lifecycle import opened, values
from tests.laws.pumps import CLEAN, DAY, EVENTS, EVERY, START, is_planted, pumps, readings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    readings().keep(folder := tmp_path_factory.mktemp("pumps"))
    return folder


@pytest.fixture(scope="module")
def candidate(folder: Path) -> dict[str, Any]:
    return readings().offered(folder)


@pytest.fixture(scope="module")
def model(folder: Path, candidate: dict[str, Any]) -> OnnxModel:
    return opened(folder, candidate)


@pytest.fixture(scope="module")
def manifest(candidate: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(candidate["manifest"])
    return found


def test_a_label_is_refused_and_says_why() -> None:
    (refused,) = values(readings().validated, "RecordQuarantined")
    (reason,) = refused["reasons"]
    assert (refused["kind"], reason["rule"]) == ("label", "rule")
    assert reason["expected"] == "no label: with model.task: anomaly there are none"
    assert not values(readings().validated, "LabelAccepted")


def test_the_baseline_flags_nothing() -> None:
    answers = values(readings().answered(BaselineScorer(pumps())), "Prediction")
    assert len(answers) == EVENTS
    assert {(one["model"], one["score"], one["label"]) for one in answers} == {(BASELINE, 0.0, False)}


def test_every_event_has_one_outcome_without_a_label_and_counts_as_a_row() -> None:
    outcomes = values(readings().first, "Outcome")
    assert [one["seq"] for one in outcomes] == list(range(EVENTS))
    assert {(one["status"], one["label"], one["decision"]) for one in outcomes} == {("missing", None, False)}
    last = values(readings().first, "CohortMatured")[-1]
    assert (last["rows"], last["matured_seq"], last["positives"]) == (EVENTS, EVENTS - 1, 0)


def test_a_model_is_learnt_from_the_clean_time_admitted_and_accepted(
    folder: Path, candidate: dict[str, Any], manifest: dict[str, Any]
) -> None:
    assert (manifest["trained_from"], manifest["learner"]["family"]) == (START, "isolation_forest")
    assert manifest["trained_through"] == START + 5 * DAY
    assert manifest["measured"]["holdout_through"] == START + (CLEAN - 1) * EVERY
    verdict = readings().judged(folder, candidate)
    assert verdict.accepted, verdict.criteria
    names = [criterion.name for criterion in verdict.criteria if "in staging" not in criterion.name]
    assert names == [
        "average_precision above baseline",
        "average_precision above prior",
        "average_precision above champion",
        "alert_rate at most 0.04",
        "refit_shift",
    ]


def test_it_is_refused_where_it_flags_too_much_of_what_is_clean(folder: Path) -> None:
    texts = dict(pumps().texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("alert_rate: 2%", "alert_rate: 30%")
    loose = Pipeline.from_texts(texts)
    found = work(readings().job(folder, loose))
    offered = {"version": "v1", "run_id": "run-v1", "clock": 0, **found["candidate"]}
    failed = [one for one in readings().judged(folder, offered).criteria if not one.passed]
    assert [one.name for one in failed] == ["alert_rate at most 0.04"]
    assert failed[0].value is not None
    assert failed[0].value > 0.2


def test_no_other_model_is_made_of_a_clean_time_that_the_champion_has_seen(
    folder: Path, candidate: dict[str, Any]
) -> None:
    found = work(readings().job(folder, pumps(), described(candidate)))
    assert found["outcome"] == "not_enough"
    assert found["reason"].startswith("rows since the champion was trained: 0 of")


def test_a_policy_is_not_chosen_without_labels(folder: Path, candidate: dict[str, Any]) -> None:
    job = readings().job(folder, pumps(), described(candidate))
    found = work({**job, "run": {**job["run"], "version": "v1.p2"}})
    assert (found["outcome"], found["candidate"]) == ("policy_suffices", None)
    assert "there are no labels to choose it by" in found["reason"]


def test_it_flags_what_was_planted_and_little_else(model: OnnxModel) -> None:
    answers = values(readings().answered(model), "Prediction")
    assert {one["model"] for one in answers} == {"v1"}
    later = [one for one in answers if int(one["event_id"][1:]) >= CLEAN]
    flagged = {
        is_odd: [one["label"] for one in later if is_planted(int(one["event_id"][1:])) is is_odd]
        for is_odd in (True, False)
    }
    assert sum(flagged[True]) / len(flagged[True]) > 0.8
    assert sum(flagged[False]) / len(flagged[False]) < 0.04
    assert all(0 < one["score"] < 1 for one in answers)
    assert all(one["label"] is (one["score"] >= model.threshold) for one in answers)


def test_its_scores_and_what_it_flags_are_watched_and_no_quality_is(model: OnnxModel) -> None:
    profiles = values(readings().joined(readings().answered(model)), "ProfileClosed")
    scores = [one for one in profiles if one["stream"] == "scores" and not one["slice"]]
    assert sum(one["rows"] for one in scores) == EVENTS
    assert 0 < sum(one["decided"] for one in scores) < EVENTS // 10
    assert {field["name"] for one in scores for field in one["fields"]} == {"score"}
    assert not any(one["rows"] for one in profiles if one["stream"] == "quality")
    watch = Watch(policy_of(pumps(), 1))
    for one in [*values(readings().validated, "ProfileClosed"), *profiles]:
        watch.update({**one, "partition": 0})
    assert {fact.kind for fact in watch.open()} <= {"inputs", "scores"}


def test_its_card_tells_what_it_was_measured_by(
    folder: Path, candidate: dict[str, Any], manifest: dict[str, Any]
) -> None:
    card = Cards(Store(folder.as_uri())).made(candidate, pumps(), readings().judged(folder, candidate), {})
    text = card.md.decode()
    assert "- answers: how unusual an event is beside those of the clean time, from 0 to 1" in text
    assert "- declared clean, so that what is usual is learnt from it: from 2022-01-08 to before 2022-01-13" in text
    assert "the baseline (prior) and the quantiles of each field alone" in text
    assert "the score that 2.00% of the clean rows of validation reach" in text
    assert "Scores of clean rows:" in text
    assert f"{manifest['measured']['positives']} of them made unusual, and nowhere else" in text
    assert "label was known" not in text
    assert card.html
