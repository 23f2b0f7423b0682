"""What has no labels goes the whole way: raw records to a judged model, what it flags, and what is watched of it."""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastavro import parse_schema, schemaless_writer

from services.chassis.keys import make_keys
from services.chassis.store import Store
from services.chassis.trust import Trust
from services.contracts.baseline import BASELINE
from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Value, plain_of
from services.contracts.schemas import own_schema, pipeline_schemas, plain
from services.features.step import FeaturesStep
from services.inference.adapters.onnx_model import OnnxModel
from services.inference.domain.baseline import BaselineScorer
from services.inference.domain.scoring import Scorer
from services.inference.step import InferenceStep
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.monitoring.app import policy_of
from services.monitoring.domain.watch import Watch
from services.outcomes.step import OutcomesStep
from services.registry.adapters.admission import Admission
from services.registry.adapters.cards import Cards
from services.registry.app import judge_of
from services.registry.domain.acceptance import Verdict
from services.registry.domain.offer import Offer
from services.training.adapters.champion import described
from services.training.rebuild import differing_from, job_of
from services.training.work import rows_of, work
from services.validation.step import ValidationStep
from tests.entries import Shelf
from tests.laws import flow
from tests.laws.flow import APPENDED, PARTITION, Topics, records_of, run
from tests.laws.pumps import CLEAN, DAY, EVENTS, EVERY, START, is_planted, pumps, raw
from tests.laws.test_steps import reborn
from tests.unit.registry.files import LIMITS, try_here


@cache
def validated() -> list[Output]:
    return run(ValidationStep(pumps(), 2), raw()).outputs


@cache
def vectors() -> Topics:
    events = {"events": records_of(validated(), "events")}
    return {"features": records_of(run(FeaturesStep(pumps(), 2), events).outputs, "features")}


def answered(scorer: Scorer) -> list[Output]:
    return run(InferenceStep(pumps(), lambda: scorer), vectors()).outputs


def _sides(answers: list[Output]) -> Topics:
    written = {topic: records_of(answers, topic) for topic in ("predictions", "predictions.shadow")}
    return {"events": records_of(validated(), "events")} | written


def joined(answers: list[Output]) -> list[Output]:
    return run(OutcomesStep(pumps()), _sides(answers)).outputs


def values(outputs: list[Output], kind: str) -> list[Value]:
    return [output.value for output in outputs if output.kind == f"driftmill.{kind}" and output.value is not None]


@cache
def first() -> list[Output]:
    """What becomes of the answers of the baseline."""
    return joined(answered(BaselineScorer(pumps())))


def job_in(folder: Path, pipeline: Pipeline, champion: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A run on all outcomes of the baseline's answers, which lie in the folder's lake."""
    offset = len(records_of(first(), "outcomes"))
    bounds = {"partition": PARTITION, "from_offset": 0, "to_offset": offset, "matured_seq": EVENTS - 1}
    clock = START + EVENTS * EVERY + DAY
    return {
        "texts": dict(pipeline.texts),
        "store": folder.as_uri(),
        "keys": str(folder / "keys"),
        "seed": 7,
        "run": {"run_id": "run-v1", "version": "v1", "change_point": None},
        "dataset": {"dataset_id": "d1", "clock": clock, "ranges": [bounds], "rows": EVENTS, "positives": 0},
        "champion": champion,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pumps")
    make_keys(folder / "keys")
    records = records_of(first(), "outcomes")
    outcomes = [record for record in records if record.kind == "driftmill.Outcome"]
    columns, uri = RecordColumns(own_schema("driftmill.Outcome")), table_uri(folder.as_uri(), "pumps", "outcomes")
    AppendOnlyTable(uri, "outcomes", "c/t", columns, compact_every=0).append(outcomes, {PARTITION: len(records)})
    return folder


@pytest.fixture(scope="module")
def candidate(folder: Path) -> dict[str, Any]:
    found = work(job := job_in(folder, pumps()))
    assert found["outcome"] == "candidate", found
    return {"version": "v1", "run_id": "run-v1", "clock": job["dataset"]["clock"], **found["candidate"]}


@pytest.fixture(scope="module")
def manifest(candidate: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(candidate["manifest"])
    return found


@pytest.fixture(scope="module")
def model(folder: Path, candidate: dict[str, Any], manifest: dict[str, Any]) -> OnnxModel:
    return OnnxModel("v1", Store(folder.as_uri()).get(candidate["model_uri"]), manifest)


def judged(folder: Path, candidate: dict[str, Any]) -> Verdict:
    task = pumps().label.target.task
    admission = Admission(Store(folder.as_uri()), Trust.read(folder / "keys"), LIMITS, try_here, task)
    return judge_of(admission, pumps().evaluate.accept)(Offer(candidate, APPENDED, None, 1))


def test_a_label_is_refused_and_says_why() -> None:
    (refused,) = values(validated(), "RecordQuarantined")
    (reason,) = refused["reasons"]
    assert (refused["kind"], reason["rule"]) == ("label", "rule")
    assert reason["expected"] == "no label: with model.task: anomaly there are none"
    assert not values(validated(), "LabelAccepted")


def test_the_baseline_flags_nothing() -> None:
    answers = values(answered(BaselineScorer(pumps())), "Prediction")
    assert len(answers) == EVENTS
    assert {(one["model"], one["score"], one["label"]) for one in answers} == {(BASELINE, 0.0, False)}


def test_every_event_has_one_outcome_without_a_label_and_counts_as_a_row() -> None:
    outcomes = values(first(), "Outcome")
    assert [one["seq"] for one in outcomes] == list(range(EVENTS))
    assert {(one["status"], one["label"], one["decision"]) for one in outcomes} == {("missing", None, False)}
    last = values(first(), "CohortMatured")[-1]
    assert (last["rows"], last["matured_seq"], last["positives"]) == (EVENTS, EVENTS - 1, 0)


def test_a_model_is_learnt_from_the_clean_time_admitted_and_accepted(
    folder: Path, candidate: dict[str, Any], manifest: dict[str, Any]
) -> None:
    assert (manifest["trained_from"], manifest["learner"]["family"]) == (START, "isolation_forest")
    assert manifest["trained_through"] == START + 5 * DAY
    assert manifest["measured"]["holdout_through"] == START + (CLEAN - 1) * EVERY
    verdict = judged(folder, candidate)
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
    found = work(job_in(folder, loose))
    offered = {"version": "v1", "run_id": "run-v1", "clock": 0, **found["candidate"]}
    failed = [one for one in judged(folder, offered).criteria if not one.passed]
    assert [one.name for one in failed] == ["alert_rate at most 0.04"]
    assert failed[0].value is not None
    assert failed[0].value > 0.2


def test_the_same_comes_of_it_again(folder: Path, manifest: Any) -> None:
    job = job_of(manifest, folder.as_uri(), None)
    assert differing_from(manifest, rows_of(pumps(), job), pumps(), job) == []


def test_no_other_model_is_made_of_a_clean_time_that_the_champion_has_seen(
    folder: Path, candidate: dict[str, Any]
) -> None:
    found = work(job_in(folder, pumps(), described(candidate)))
    assert found["outcome"] == "not_enough"
    assert found["reason"].startswith("rows since the champion was trained: 0 of")


def test_a_policy_is_not_chosen_without_labels(folder: Path, candidate: dict[str, Any]) -> None:
    job = job_in(folder, pumps(), described(candidate))
    found = work({**job, "run": {**job["run"], "version": "v1.p2"}})
    assert (found["outcome"], found["candidate"]) == ("policy_suffices", None)
    assert "there are no labels to choose it by" in found["reason"]


def test_it_flags_what_was_planted_and_little_else(model: OnnxModel) -> None:
    answers = values(answered(model), "Prediction")
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


def test_what_is_written_fits_the_schemas(model: OnnxModel) -> None:
    resolved = pumps().resolved
    schemas = pipeline_schemas(dict(resolved.event_schema), dict(resolved.label_schema))
    parsed = {name: parse_schema(plain(schema)) for name, schema in schemas.items()}
    answers = answered(model)
    for output in [*validated(), *answers, *joined(answers)]:
        schemaless_writer(BytesIO(), parsed[output.kind], plain_of(output.value or {}))


def test_the_join_goes_on_from_what_it_kept_in_batches_of_any_size(model: OnnxModel) -> None:
    answers, shelf = answered(model), Shelf()
    parts = run(OutcomesStep(pumps()), _sides(answers), 97, reborn(shelf)).outputs
    assert flow.plain(parts) == flow.plain(joined(answers))


def test_its_scores_and_what_it_flags_are_watched_and_no_quality_is(model: OnnxModel) -> None:
    profiles = values(joined(answered(model)), "ProfileClosed")
    scores = [one for one in profiles if one["stream"] == "scores" and not one["slice"]]
    assert sum(one["rows"] for one in scores) == EVENTS
    assert 0 < sum(one["decided"] for one in scores) < EVENTS // 10
    assert {field["name"] for one in scores for field in one["fields"]} == {"score"}
    assert not any(one["rows"] for one in profiles if one["stream"] == "quality")
    watch = Watch(policy_of(pumps(), 1))
    for one in [*values(validated(), "ProfileClosed"), *profiles]:
        watch.update({**one, "partition": 0})
    assert {fact.kind for fact in watch.open()} <= {"inputs", "scores"}


def test_its_card_tells_what_it_was_measured_by(
    folder: Path, candidate: dict[str, Any], manifest: dict[str, Any]
) -> None:
    card = Cards(Store(folder.as_uri())).made(candidate, pumps(), judged(folder, candidate), {})
    text = card.md.decode()
    assert "- answers: how unusual an event is beside those of the clean time, from 0 to 1" in text
    assert "- declared clean, so that what is usual is learnt from it: from 2022-01-08 to before 2022-01-13" in text
    assert "the baseline (prior) and the quantiles of each field alone" in text
    assert "the score that 2.00% of the clean rows of validation reach" in text
    assert "Scores of clean rows:" in text
    assert f"{manifest['measured']['positives']} of them made unusual, and nowhere else" in text
    assert "label was known" not in text
    assert card.html
