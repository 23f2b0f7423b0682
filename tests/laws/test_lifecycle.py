"""What holds for every task on the way from raw records to an accepted model, and for its answers."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastavro import parse_schema, schemaless_writer

from services.chassis.store import Store
from services.contracts.record import Output, plain_of
from services.contracts.schemas import pipeline_schemas, plain
from services.inference.adapters.onnx_model import OnnxModel
from services.inference.domain.baseline import BaselineScorer
from services.monitoring.app import policy_of
from services.monitoring.domain.watch import Watch
from services.outcomes.step import OutcomesStep
from services.registry.adapters.cards import Cards
from services.training.rebuild import differing_from, job_of
from services.training.work import rows_of
from tests.entries import Shelf
from tests.laws import flow
from tests.laws.flow import run
from tests.laws.lifecycle import Lifecycle, opened, values
from tests.laws.orders import costs, returns
from tests.laws.pumps import readings
from tests.laws.species import sightings
from tests.laws.test_steps import reborn

TASKS: dict[str, Callable[[], Lifecycle]] = {
    "binary": returns,
    "regression": costs,
    "multiclass": sightings,
    "anomaly": readings,
}


@pytest.fixture(scope="module", params=list(TASKS))
def life(request: pytest.FixtureRequest) -> Lifecycle:
    return TASKS[request.param]()


@pytest.fixture(scope="module")
def folder(life: Lifecycle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    life.keep(folder := tmp_path_factory.mktemp(life.pipeline.name))
    return folder


@pytest.fixture(scope="module")
def candidate(life: Lifecycle, folder: Path) -> dict[str, Any]:
    return life.offered(folder)


@pytest.fixture(scope="module")
def model(folder: Path, candidate: dict[str, Any]) -> OnnxModel:
    return opened(folder, candidate)


@pytest.fixture(scope="module")
def answers(life: Lifecycle, model: OnnxModel) -> list[Output]:
    """Those of the model."""
    return life.answered(model)


@pytest.fixture(scope="module")
def joined(life: Lifecycle, answers: list[Output]) -> list[Output]:
    """What becomes of them."""
    return life.joined(answers)


def test_each_event_has_one_answer_by_the_baseline_and_one_outcome(life: Lifecycle) -> None:
    answers = values(life.answered(BaselineScorer(life.pipeline)), "Prediction")
    assert [one["seq"] for one in answers] == list(range(life.events))
    assert sorted(one["seq"] for one in values(life.first, "Outcome")) == list(range(life.events))


def test_a_model_is_learnt_admitted_and_accepted(life: Lifecycle, folder: Path, candidate: dict[str, Any]) -> None:
    verdict = life.judged(folder, candidate)
    assert verdict.accepted, verdict.criteria
    assert {one.name.split(" ")[-1] for one in verdict.criteria} >= {"baseline", "prior", "champion"}


def test_the_same_comes_of_it_again(life: Lifecycle, folder: Path, candidate: dict[str, Any]) -> None:
    manifest = orjson.loads(candidate["manifest"])
    job = job_of(manifest, folder.as_uri(), None)
    assert differing_from(manifest, rows_of(life.pipeline, job), life.pipeline, job) == []


def test_its_card_is_the_same_whenever_it_is_made(life: Lifecycle, folder: Path, candidate: dict[str, Any]) -> None:
    verdict, cards = life.judged(folder, candidate), Cards(Store(folder.as_uri()))
    first, second = (cards.made(candidate, life.pipeline, verdict, {}) for _ in range(2))
    assert first == second
    assert life.pipeline.name in first.md.decode()


def test_each_event_has_one_answer_by_the_model_and_one_outcome(
    life: Lifecycle, answers: list[Output], joined: list[Output]
) -> None:
    assert [(one["seq"], one["model"]) for one in values(answers, "Prediction")] == [
        (seq, "v1") for seq in range(life.events)
    ]
    assert sorted(one["seq"] for one in values(joined, "Outcome")) == list(range(life.events))


def test_what_is_written_fits_the_schemas(life: Lifecycle, answers: list[Output], joined: list[Output]) -> None:
    resolved = life.pipeline.resolved
    schemas = pipeline_schemas(dict(resolved.event_schema), dict(resolved.label_schema))
    parsed = {name: parse_schema(plain(schema)) for name, schema in schemas.items()}
    for output in [*life.validated, *answers, *joined]:
        schemaless_writer(BytesIO(), parsed[output.kind], plain_of(output.value or {}))


def test_the_join_goes_on_from_what_it_kept_in_batches_of_any_size(
    life: Lifecycle, answers: list[Output], joined: list[Output]
) -> None:
    parts = run(OutcomesStep(life.pipeline), life.sides(answers), 97, reborn(Shelf())).outputs
    assert flow.plain(parts) == flow.plain(joined)


def test_all_its_scores_are_watched(life: Lifecycle, joined: list[Output]) -> None:
    profiles = values(joined, "ProfileClosed")
    scores = [one for one in profiles if one["stream"] == "scores" and not one["slice"]]
    assert sum(one["rows"] for one in scores) == life.events
    watch = Watch(policy_of(life.pipeline, 1))
    for one in [*values(life.validated, "ProfileClosed"), *profiles]:
        watch.update({**one, "partition": 0})
    assert watch.clock >= max(one["window_end"] for one in scores)
