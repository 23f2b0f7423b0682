"""`driftmill rebuild` and `card`: a recorded version comes out the same, or what differs is told."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from deltalake import DeltaTable

from services.broker.environment import child_environment
from services.broker.local import Endpoints
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.training.work import work
from tests.platform import ROOT, Platform, pipeline_named

MINUTE = 60_000_000
EVENTS = 4_500
pytestmark = pytest.mark.timeout(400)
CLOCK = (EVENTS + 600) * MINUTE


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Platform:
    texts = dict(pipeline_named(prefix).texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("model: {", "model: {learners: [logistic], ")
    return Platform.create(broker, Pipeline.from_texts(texts), tmp_path / "home")


def outcomes_of(platform: Platform) -> list[Record]:
    """An outcome a minute, known five hours later; dear orders come back."""
    chance, resolved = np.random.default_rng(1), platform.pipeline.resolved
    numbers = chance.normal(size=(EVENTS, len(resolved.numbers))).astype("<f4")
    label = chance.random(EVENTS) < 1 / (1 + np.exp(-2.0 * numbers[:, 0].astype(float) + 1.0))
    return [
        Record("outcomes", 0, seq, 0, "k", "driftmill.Outcome", _outcome(seq, numbers[seq], label[seq], platform))
        for seq in range(EVENTS)
    ]


def _outcome(seq: int, numbers: Any, label: bool, platform: Platform) -> dict[str, Any]:
    return {
        "seq": seq,
        "event_id": f"o{seq}",
        "event_time": seq * MINUTE,
        "status": "on_time",
        "revision": 0,
        "label": float(label),
        "label_time": (seq + 300) * MINUTE,
        "score": 0.3,
        "decision": False,
        "model": "baseline",
        "feature_set": platform.pipeline.resolved.feature_set,
        "numbers": numbers.tobytes(),
        "categories": ["abc"[seq % 3]],
        "slices": {},
    }


class Lake:
    """The table of outcomes of a platform."""

    def __init__(self, platform: Platform) -> None:
        uri = table_uri(platform.settings.store_url, platform.pipeline.name, "outcomes")
        columns = RecordColumns(own_schema("driftmill.Outcome"))
        self._table, self._next = AppendOnlyTable(uri, "outcomes", "c/t", columns, compact_every=0), 0

    def append(self, records: list[Record]) -> None:
        self._next = max(self._next, *(record.offset + 1 for record in records))
        self._table.append(records, {0: self._next})


def offered(platform: Platform, version: str) -> None:
    """Work on a run, and offer what comes of it."""
    ranges = [{"partition": 0, "from_offset": 0, "to_offset": EVENTS, "matured_seq": EVENTS - 1}]
    job = {
        "texts": dict(platform.pipeline.texts),
        "store": platform.settings.store_url,
        "keys": str(platform.settings.home / "keys"),
        "run": {"run_id": f"run-{version}", "version": version},
        "dataset": {"dataset_id": "d1", "clock": CLOCK, "ranges": ranges, "rows": EVENTS, "positives": 1_600},
        "champion": None,
    }
    candidate = {"version": version, "run_id": f"run-{version}", "clock": CLOCK} | work(job)["candidate"]
    platform.publish("candidates", "driftmill.CandidateProposed", [(version, candidate)])


def rebuilt(
    platform: Platform, version: str, *more: str, command: str = "rebuild", seed: str = "1"
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", command, version, *more],
        cwd=ROOT,
        env=child_environment(platform.environment() | {"PYTHONHASHSEED": seed}),
        capture_output=True,
        check=False,
    )


def told(done: "subprocess.CompletedProcess[bytes]") -> dict[str, Any]:
    """The last line of its progress."""
    line: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return line


def test_a_version_comes_out_the_same_until_its_rows_are_others(platform: Platform) -> None:
    lake, records = Lake(platform), outcomes_of(platform)
    lake.append(records)
    offered(platform, "v1")
    done = rebuilt(platform, "v1")
    assert done.returncode == 0, done.stderr
    assert b"to the last byte" in done.stdout
    card = rebuilt(platform, "v1", command="card")
    assert card.returncode == 0, card.stderr
    assert f"# {platform.pipeline.name} v1\n".encode() in card.stdout
    assert rebuilt(platform, "v1", command="card").stdout == card.stdout

    # labels that were restated since are of another dataset: the ranges of this one don't hold them
    restated = Record("outcomes", 0, EVENTS, 0, "k", records[0].kind, {**records[0].value, "label": 0.0, "revision": 1})
    lake.append([restated])
    assert told(rebuilt(platform, "v1", "--json", seed="3"))["differences"] == []

    # rows of the dataset itself are gone, as by erasure
    uri = table_uri(platform.settings.store_url, platform.pipeline.name, "outcomes")
    DeltaTable(uri).delete("seq < 500")
    done = rebuilt(platform, "v1", "--json")
    assert done.returncode == 1
    end = told(done)
    assert end["rows"] == EVENTS - 500
    assert "model_digest" in {one["what"] for one in end["differences"]}
    assert "trained_from" in {one["what"] for one in end["differences"]}
    people = rebuilt(platform, "v1")
    assert people.returncode == 1
    assert b"v1 comes out otherwise:" in people.stdout


def test_what_is_not_known_or_was_changed_is_refused(platform: Platform) -> None:
    Lake(platform).append(outcomes_of(platform))
    offered(platform, "v1")
    done = rebuilt(platform, "v7")
    assert done.returncode != 0
    assert b"There is no model version v7. Those that were offered: v1." in done.stderr
    (record,) = platform.read("candidates")
    changed = {**record.value, "manifest": record.value["manifest"].replace(b'"seed":7', b'"seed":8')}
    platform.publish("candidates", "driftmill.CandidateProposed", [("v1", changed)])
    done = rebuilt(platform, "v1")
    assert done.returncode != 0
    assert b"isn't signed by this installation's key" in done.stderr
    card = rebuilt(platform, "v1", command="card")
    assert card.returncode != 0
    assert b"isn't signed by this installation's key" in card.stderr


def test_a_lake_that_is_gone_is_told(platform: Platform) -> None:
    Lake(platform).append(outcomes_of(platform))
    offered(platform, "v1")
    shutil.rmtree(platform.settings.home / "store" / "lake")
    done = rebuilt(platform, "v1")
    assert done.returncode == 1
    assert done.stderr.startswith(b"The lake at ")
