"""Runs and releases as events of OpenLineage, sent to an HTTP server: each once, whatever happens between."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.chassis.errors import TransientError
from services.contracts.manifest import canonical
from services.contracts.record import Record
from services.training.adapters.lineage_events import LineageEvents
from services.training.adapters.openlineage import OpenLineage
from tests.mlflow.story import MANIFEST, finished, started
from tests.platform import PAYMENTS, pipeline_named
from tests.unit.registry.facts import facts
from tests.webhook import Webhook, webhook

EVENTS = LineageEvents("prod", pipeline_named("shop", PAYMENTS), "s3://bucket/platform/", "kafka-1:9092,kafka-2:9092")
RANGES = facts()["dataset"]["ranges"]
DATASET = orjson.dumps({"ranges": RANGES})
HELD = {"name": "roc_auc above champion", "passed": True, "value": 0.02, "bound": 0.0, "detail": "holds"}


@pytest.fixture
def server() -> Iterator[Webhook]:
    with webhook() as made:
        yield made


class Topics:
    """Records in the order in which they were written."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def write(self, topic: str, kind: str, value: dict[str, Any]) -> None:
        offset = sum(one.topic == topic for one in self.records)
        at = 1_700_000_000_000_000 + 1_000_000 * len(self.records)
        self.records.append(Record(topic, 0, offset, at, "", f"driftmill.{kind}", value))

    def run(self, run_id: str, version: str | None, outcome: str = "candidate", **said: Any) -> None:
        self.write("runs", "RunStarted", started(run_id, version or "v9") | {"dataset": DATASET})
        self.write("runs", "RunFinished", finished(run_id, version) | {"outcome": outcome})
        if version is not None:
            self.write("candidates", "CandidateProposed", {"version": version, "manifest": MANIFEST} | said)

    def move(self, version: str, from_state: str, to_state: str, *criteria: dict[str, Any]) -> None:
        said = {"clock": 86_400_000_000, "run_id": "r1", "by": "registry", "reason": "because", "criteria": criteria}
        self.write(
            "models.history", "ModelMoved", {"version": version, "from_state": from_state, "to_state": to_state} | said
        )


def told(server: Webhook, topics: Topics, folder: Path, key: str = "") -> OpenLineage:
    """What a new process tells of these topics."""
    teller = OpenLineage(f"http://127.0.0.1:{server.port}", "api/v1/lineage", key, EVENTS, folder)
    for record in topics.records:
        teller.take(record)
    teller.tell()
    return teller


def kinds(server: Webhook) -> list[str]:
    return [f"{one['job']['name']} {one['eventType']}" for one in server.received]


def parameters(event: Any) -> dict[str, str]:
    return {one["key"]: one["value"] for one in event["run"]["facets"]["executionParameters"]["parameters"]}


def test_a_run_reads_offsets_of_a_table_and_writes_a_version_with_its_measures(server: Webhook, tmp_path: Path) -> None:
    topics = Topics()
    topics.run("r1", "v1")
    told(server, topics, tmp_path, "secret")
    assert (server.where, server.known) == ("/api/v1/lineage", "Bearer secret")
    begun, ended = server.received
    assert kinds(server) == ["shop.training START", "shop.training COMPLETE"]
    assert begun["run"]["runId"] == ended["run"]["runId"]
    assert begun["eventTime"] == "2023-11-14T22:13:20+00:00"
    assert (begun["producer"], begun["job"]["namespace"]) == ("urn:driftmill:0.1.0", "prod")
    assert begun["job"]["facets"]["ownership"]["owners"][0]["name"] == "risk"
    assert parameters(begun)["trigger"] == "labels"
    assert parameters(ended).items() >= {"learner.family": "logistic", "driftmill.outcome": "candidate"}.items()
    (rows,) = ended["inputs"]
    assert (rows["namespace"], rows["name"]) == ("s3://bucket", "platform/lake/shop/outcomes")
    assert rows["facets"]["version"]["datasetVersion"] == "d1"
    assert rows["inputFacets"]["inputStatistics"]["rowCount"] == 900
    (part,) = rows["inputFacets"]["subset"]["inputCondition"]["partitions"]
    assert (part["identifier"], part["dimensions"]) == ("0", RANGES[0])
    fields = [(one["name"], one["type"]) for one in rows["facets"]["schema"]["fields"]]
    assert fields == [("amount", "float"), ("country", "string")]
    (model,) = ended["outputs"]
    assert (model["namespace"], model["name"]) == ("s3://bucket", "platform/models/shop")
    assert model["facets"]["version"]["datasetVersion"] == "v1"
    assert model["facets"]["driftmill_measures"]["measures"]["roc_auc.over.champion"] == 0.91234
    assert "validation" not in model["facets"]["driftmill_measures"]["measures"]


@pytest.mark.parametrize(
    ("outcome", "end"), [("failed", "FAIL"), ("not_enough", "ABORT"), ("baseline_suffices", "COMPLETE")]
)
def test_how_a_run_ends_without_a_version(server: Webhook, tmp_path: Path, outcome: str, end: str) -> None:
    topics = Topics()
    topics.run("r2", None, outcome)
    told(server, topics, tmp_path)
    assert kinds(server) == ["shop.training START", f"shop.training {end}"]
    ended = server.received[1]
    assert "outputs" not in ended or ended["outputs"] == []
    error = ended["run"]["facets"].get("errorMessage", {"message": ""})
    assert error["message"] == ("" if end == "COMPLETE" else "because")


def test_a_run_that_waited_in_vain_was_aborted(server: Webhook, tmp_path: Path) -> None:
    topics = Topics()
    topics.write("runs", "RunFinished", finished("r3", None) | {"outcome": "no_evidence"})
    told(server, topics, tmp_path)
    assert kinds(server) == ["shop.training ABORT"]
    assert parameters(server.received[0])["driftmill.reason"] == "because"


def test_features_of_a_backfill_and_a_policy_of_its_own_are_told(server: Webhook, tmp_path: Path) -> None:
    topics = Topics()
    reach = [{"partition": 0, "seq": 7}]
    topics.run("r4", "v4", manifest=canonical(facts(backfilled=reach)))
    topics.run("r5", "v4.p2")
    told(server, topics, tmp_path)
    _, learnt, _, chosen = server.received
    assert [one["name"] for one in learnt["inputs"]] == [
        "platform/lake/shop/outcomes",
        "platform/lake/shop/backfill_f",
    ]
    assert chosen["outputs"][0]["facets"]["version"]["datasetVersion"] == "v4.p2"
    assert "schema" not in chosen["outputs"][0]["facets"]


def test_a_release_follows_from_a_run_and_ends_as_champion_or_rejected(server: Webhook, tmp_path: Path) -> None:
    topics = Topics()
    topics.run("r1", "v1")
    topics.move("v1", "candidate", "shadow", HELD)
    topics.move("v1", "shadow", "canary")
    topics.move("v1", "canary", "champion")
    topics.move("v2", "candidate", "rejected", HELD | {"passed": False})
    topics.move("v1", "champion", "retired")
    topics.move("v1", "retired", "champion")
    told(server, topics, tmp_path)
    run, *releases = [one for one in server.received if one["eventType"] != "START" or "release" in one["job"]["name"]]
    ends = [one["eventType"] for one in releases]
    assert ends == ["START", "COMPLETE", "START", "ABORT", "START", "COMPLETE"]
    ids = [one["run"]["runId"] for one in releases]
    assert (ids[0], ids[2], ids[4]) == (ids[1], ids[3], ids[5])
    assert len(set(ids)) == 3
    (upstream,) = releases[0]["run"]["facets"]["jobDependencies"]["upstream"]
    assert upstream["run"]["runId"] == run["run"]["runId"]
    (model,) = releases[0]["inputs"]
    assert model["name"] == run["outputs"][0]["name"]
    (held,) = model["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert (held["assertion"], held["success"], held["expected"], held["actual"]) == (HELD["name"], True, "0", "0.02")
    (view,) = releases[1]["outputs"]
    assert (view["namespace"], view["name"]) == ("kafka://kafka-1:9092", "shop.models")


def test_a_server_that_is_away_gets_the_rest_later_and_nothing_twice(server: Webhook, tmp_path: Path) -> None:
    topics = Topics()
    topics.run("r1", "v1")
    server.status = 503
    with pytest.raises(TransientError, match="OpenLineage answers 503"):
        told(server, topics, tmp_path)
    server.status = 200
    teller = told(server, topics, tmp_path)
    teller.tell()
    topics.run("r2", None, "failed")
    told(server, topics, tmp_path)
    assert [one.rpartition(" ")[2] for one in kinds(server)] == ["START", "COMPLETE", "START", "FAIL"]
    server.close()
    with pytest.raises(TransientError, match="can't be reached"):
        told(server, topics, tmp_path / "new")


def test_a_run_waits_for_its_candidate_and_holds_up_nothing_else(server: Webhook, tmp_path: Path) -> None:
    topics = Topics()
    topics.run("r1", "v1")
    (offered,) = [one for one in topics.records if one.topic == "candidates"]
    topics.records.remove(offered)
    topics.move("v0", "candidate", "rejected")
    teller = told(server, topics, tmp_path)
    assert kinds(server)[1:] == ["shop.release START", "shop.release ABORT"]
    teller.take(offered)
    teller.tell()
    assert kinds(server)[3:] == ["shop.training COMPLETE"]


def test_what_the_server_refuses_for_good_is_passed_over(server: Webhook, tmp_path: Path) -> None:
    topics = Topics()
    topics.run("r1", "v1")
    server.status = 400
    told(server, topics, tmp_path)
    assert (server.asked, server.received) == (2, [])
    server.status = 200
    told(server, topics, tmp_path)
    assert len(server.received) == 2


def test_where_files_lie_on_a_disk_and_namespaces_keep_runs_apart() -> None:
    local = LineageEvents("test", EVENTS.pipeline, "file:///srv/a%20b", EVENTS.bootstrap)
    record = Record("runs", 0, 0, 0, "", "driftmill.RunStarted", started("r1", "v1"))
    ours, theirs = local.of_start(record), EVENTS.of_start(record)
    assert ours.inputs is not None
    assert (ours.inputs[0].namespace, ours.inputs[0].name) == ("file", "/srv/a b/lake/shop/outcomes")
    assert ours.run.runId != theirs.run.runId
