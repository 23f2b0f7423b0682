"""`driftmill rebuild`, `card`, `dataset` and `experiment`: versions come out the same, and what is known is told."""

import shutil
import sys
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from deltalake import DeltaTable

from services.broker.local import Endpoints
from services.chassis.errors import Refused
from services.contracts.pipeline import Pipeline, changed
from services.contracts.record import Record, Value
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.lake.adapters.removals import Removals
from services.lake.domain.removal import Removal
from services.training.adapters.champion import described
from services.training.experiment import experiment
from services.training.settings import TrainingSettings
from services.training.work import work
from tests.learning.test_outcome_rows import MINUTE, minutely, outcome
from tests.platform import Platform, pipeline_named

FIRST, EVENTS = 3_000, 5_500
"""So many events the first version is made of, and the second, which is compared with it."""
MODEL = (
    "learners: [logistic], search: {trials: 1000, seconds: 1}, history: {try: [all, 1d, since_change]}, "
    "calibrate: sigmoid, decide: {at_most: 200/day}"
)
"""What a search finds within its time is found again, on a slower machine too."""
IMAGE = "driftmill:then"
"""That the second version is made in, so it says."""
DOCKER = f"""#!{sys.executable}
import os, subprocess, sys
options, words = sys.argv[1 : sys.argv.index("{IMAGE}")], sys.argv[sys.argv.index("{IMAGE}") + 1 :]
names = [name for option, name in zip(options, options[1:]) if option == "--env" and name in os.environ]
given = {{name: os.environ[name] for name in names}}
sys.exit(subprocess.run([sys.executable, "-m", "services.cli.main", *words], env=given).returncode)
"""
"""Runs a container's command here, with no more of the environment than it would be given there."""
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def platform(broker: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """With a champion and the version that was compared with it; a label of them was restated since."""
    texts = dict(pipeline_named(f"t{uuid.uuid4().hex[:12]}").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("model: {", f"model: {{{MODEL}, ")
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("evaluate: {", "evaluate: {backtest: 2, ")
    made = Platform.create(broker, Pipeline.from_texts(texts), tmp_path_factory.mktemp("rebuild") / "home")
    records = outcomes_of(made)
    columns = RecordColumns(own_schema("driftmill.Outcome"))
    table = AppendOnlyTable(uri_of(made.settings.store_url, made), "outcomes", "c/t", columns, compact_every=0)
    table.append(records, {0: EVENTS})
    champion = offered(made, "v1", FIRST, None, None)
    offered(made, "v2", EVENTS, champion, FIRST * MINUTE)
    restated = outcome(0, EVENTS, 0, 0, revision=1, label=1.0 - records[0].value["label"])
    table.append([restated], {0: EVENTS + 1})
    return made


def uri_of(store: str, platform: Platform) -> str:
    """The table of outcomes in a store."""
    return table_uri(store, platform.pipeline.name, "outcomes")


def outcomes_of(platform: Platform) -> list[Record]:
    """An outcome a minute, known five hours later; dear orders come back."""
    chance, resolved = np.random.default_rng(1), platform.pipeline.resolved
    numbers = chance.normal(size=(EVENTS, len(resolved.numbers))).astype("<f4")
    label = chance.random(EVENTS) < 1 / (1 + np.exp(-2.0 * numbers[:, 0].astype(float) + 1.0))
    return minutely(resolved.feature_set, numbers, label)


def offered(platform: Platform, version: str, events: int, champion: Value | None, change_point: int | None) -> Value:
    """Work on a run over the first events, and offer what comes of it."""
    ranges = [{"partition": 0, "from_offset": 0, "to_offset": events, "matured_seq": events - 1}]
    clock = (events + 600) * MINUTE
    job = {
        "texts": dict(platform.pipeline.texts),
        "store": platform.settings.store_url,
        "keys": str(platform.settings.home / "keys"),
        "seed": 7,
        "run": {"run_id": f"run-{version}", "version": version, "change_point": change_point},
        "dataset": {
            "dataset_id": f"d{events}",
            "clock": clock,
            "feature_set": platform.pipeline.resolved.feature_set,
            "label_policy": "l",
            "ranges": ranges,
            "rows": events,
            "positives": 1,
        },
        "champion": None if champion is None else described(champion),
        "image": "" if champion is None else IMAGE,
    }
    result = work(job)
    candidate: Value = {"version": version, "run_id": f"run-{version}", "clock": clock} | result["candidate"]
    platform.publish("candidates", "driftmill.CandidateProposed", [(version, candidate)])
    tell_of_run(platform, job, result)
    return candidate


def tell_of_run(platform: Platform, job: dict[str, Any], result: dict[str, Any]) -> None:
    """What the lake and the training service write of a run."""
    dataset, run_id = job["dataset"], job["run"]["run_id"]
    platform.publish("datasets", "driftmill.DatasetExtended", [(dataset["dataset_id"], dataset)])
    started = {"run_id": run_id, "trigger": "labels", "clock": dataset["clock"], "reason": "enough labels"}
    started |= {"dataset_id": dataset["dataset_id"], "dataset": orjson.dumps(dataset), "version": job["run"]["version"]}
    platform.publish("runs", "driftmill.RunStarted", [(run_id, started)])
    finished = {"run_id": run_id, "clock": dataset["clock"], "outcome": result["outcome"], "reason": result["reason"]}
    finished |= {"version": job["run"]["version"], "report": orjson.dumps(result["report"])}
    platform.publish("runs", "driftmill.RunFinished", [(run_id, finished)])


def test_a_version_comes_out_the_same_in_another_process(platform: Platform) -> None:
    done = platform.driftmill("rebuild", "v1", PYTHONHASHSEED="1")
    assert done.returncode == 0, done
    assert "v1 comes out the same, to the last byte" in done.stdout


def test_a_version_comes_out_the_same_in_its_image_by_two_workers(platform: Platform, tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    done = platform.driftmill("rebuild", "v2", "--in-image", PATH=str(tmp_path), DRIFTMILL_RUN_WORKERS="2")
    assert done.returncode == 0, done
    assert "v2 comes out the same, to the last byte" in done.stdout


def test_a_version_that_was_made_in_no_image_is_made_again_in_none(platform: Platform) -> None:
    done = platform.driftmill("rebuild", "v1", "--in-image")
    assert done.returncode == 1
    assert "The manifest of v1 names no image" in done.stderr
    done = platform.driftmill("rebuild", "v1", "--volume", "home")
    assert (done.returncode, "say both" in done.stderr) == (2, True)


def test_what_differs_is_told_where_rows_are_gone(platform: Platform, tmp_path: Path) -> None:
    shutil.copytree(platform.settings.home / "store", tmp_path / "store")
    store = (tmp_path / "store").as_uri()
    DeltaTable(uri_of(store, platform)).delete("seq < 500")
    gone = Removal("r1", "erased", "outcomes", 0, 0, 500, 500, 7)
    Removals(store, platform.pipeline.name).add([gone, gone])
    done = platform.driftmill("rebuild", "v1", DRIFTMILL_STORE=store)
    assert done.returncode == 1, done
    first, why, *lines = done.stdout.splitlines()[1:]  # after the progress
    assert first == "v1 comes out otherwise:"
    assert why == "500 of its rows were erased since, as was asked for (r1): it can't come out the same"
    assert {"model_digest", "trained_from"} <= {line.partition(":")[0] for line in lines}


def test_a_lake_that_is_not_there_is_told(platform: Platform, tmp_path: Path) -> None:
    done = platform.driftmill("rebuild", "v1", DRIFTMILL_STORE=tmp_path.as_uri())
    assert done.returncode == 1
    assert done.stderr.startswith("The lake at ")


def test_the_card_tells_of_a_version(platform: Platform) -> None:
    done = platform.driftmill("card", "v2")
    assert done.returncode == 0, done
    assert done.stdout.startswith(f"# {platform.pipeline.name} v2\n")
    assert "| roc_auc | model | champion |" in done.stdout
    assert "## At earlier times" in done.stdout
    assert "- rows new since the last dataset that was learnt from: no column moved" in done.stdout
    assert "It was offered, and not judged yet." in done.stdout
    assert f"- image `{IMAGE}`" in done.stdout


def test_datasets_are_listed_and_reported_on(platform: Platform, tmp_path: Path) -> None:
    done = platform.driftmill("dataset", "list", "--json")
    assert done.returncode == 0, done
    first, second = orjson.loads(done.stdout)
    assert (first["dataset"], first["version"], first["findings"], first["psi"]) == ("d3000", "v1", 0, None)
    assert (second["dataset"], second["outcome"], second["rows"]) == ("d5500", "candidate", EVENTS)
    assert abs(second["psi"]) < 0.1
    done = platform.driftmill("dataset", "report", "v2", "--html", "--output", str(tmp_path / "report.html"))
    assert done.returncode == 0, done
    page = (tmp_path / "report.html").read_text()
    assert f"<h1>{platform.pipeline.name} dataset d5500</h1>" in page
    assert page.count("<svg") == 2 + len(platform.pipeline.resolved.numbers) + 1
    done = platform.driftmill("dataset", "report", "v7")
    assert done.returncode == 1
    assert "Nothing known is called v7. There are reports of d3000, d5500." in done.stderr


def test_an_experiment_is_compared_and_is_never_a_candidate(platform: Platform, tmp_path: Path) -> None:
    written = {name: len(platform.read(name)) for name in ("candidates", "runs", "configs", "models")}
    for name, text in platform.pipeline.texts.items():
        (tmp_path / name).write_text(text)
    words = "experiment", str(tmp_path), "--set", "model.search=null", "--dataset"
    done = platform.driftmill(*words, "v2", "--set", "model.inputs=[amount, kind]")
    assert done.returncode == 0, done
    assert done.stdout.splitlines()[0].startswith("learning from ")
    (made,) = orjson.loads(platform.driftmill("experiments", "--json").stdout)
    assert (made["outcome"], made["beside"], made["assignments"][1]) == ("learnt", "v2", "model.inputs=[amount, kind]")
    assert {one["input"] for one in made["report"]["importance"]} == {"amount", "kind"}
    manifest = orjson.loads(platform.read("candidates")[1].value["manifest"])
    assert made["recorded"] == manifest["measured"]
    assert made["dataset"] == manifest["dataset"]
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("roc_auc")]
    assert len(row.split()) == 3
    assert "–" not in row
    settings = TrainingSettings(**platform.settings.model_dump())
    with pytest.raises(Refused, match=r"The rows lack shop.spend.count.2h \(not there\)"):
        experiment(settings, changed(platform.pipeline.texts, ["features.shop.spend.windows=2h"]), "v2", [])
    assert {name: len(platform.read(name)) for name in written} == written


@pytest.mark.parametrize("command", ["rebuild", "card"])
def test_what_is_not_known_or_was_changed_is_refused(platform: Platform, command: str) -> None:
    done = platform.driftmill(command, "v7")
    assert done.returncode == 1
    assert "There is no model version v7. Those that were offered: v1, v2" in done.stderr
    value = platform.read("candidates")[0].value
    forged = {**value, "version": "forged", "manifest": value["manifest"].replace(b'"seed":7', b'"seed":8')}
    platform.publish("candidates", "driftmill.CandidateProposed", [("forged", forged)])
    done = platform.driftmill(command, "forged")
    assert done.returncode == 1
    assert "isn't signed by the key that is trusted" in done.stderr
