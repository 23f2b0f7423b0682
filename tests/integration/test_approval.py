"""Where a pipeline asks for approval, a version that passed the gate goes its way after a person's word, not before.

Its way is a shadow here, of which people are told, until one of them has it answer; another one takes too long in it.
"""

import uuid
from pathlib import Path

import orjson
import pytest
from confluent_kafka.admin import AdminClient

from services.broker.local import Endpoints
from services.chassis import client
from services.chassis.keys import private_key
from services.contracts.manifest import canonical
from services.contracts.pipeline import Pipeline
from services.contracts.profile import profile_key
from services.contracts.record import Value
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable
from tests.eventually import eventually
from tests.integration.test_rebuild import FIRST, offered, outcomes_of, uri_of
from tests.integration.test_state import truncate
from tests.platform import Platform, pipeline_named
from tests.unit.registry.play import asked, spent

MOVED = "driftmill.ModelMoved"

pytestmark = pytest.mark.timeout(300)


def states(platform: Platform) -> dict[str, str]:
    return {one.value["version"]: one.value["to_state"] for one in platform.read("models.history", MOVED)}


def served(platform: Platform) -> list[Value]:
    return [one.value for one in platform.read("models.history", "driftmill.ServingMeasured")]


def test_a_version_waits_for_a_word_then_is_in_shadow_and_answers_after_another(
    broker: Endpoints, tmp_path: Path
) -> None:
    texts = dict(pipeline_named(f"t{uuid.uuid4().hex[:12]}").texts)
    texts["pipeline.yaml"] += "\nrelease: {approval: true, shadow: {for: 7d}, canary: {guard: [errors, latency]}}\n"
    platform = Platform.create(broker, Pipeline.from_texts(texts), tmp_path / "home")
    columns = RecordColumns(own_schema("driftmill.Outcome"))
    table = AppendOnlyTable(uri_of(platform.settings.store_url, platform), "outcomes", "c/t", columns, compact_every=0)
    table.append(outcomes_of(platform), {0: FIRST})
    try:
        _the_oldest_costs_are_gone(platform)
        platform.start("registry")
        first = offered(platform, "v1", FIRST, None, None)
        eventually(lambda: states(platform) == {"v1": "accepted"}, 60)
        assert [one.key for one in platform.read("models")] == ["v1"]
        (told,) = orjson.loads(platform.driftmill("models", "--json").stdout)
        assert (told["state"], told["reason"]) == ("accepted", "every criterion holds; it waits for approval")
        _its_card_was_made_and_comes_out_the_same(platform)
        refused = platform.driftmill("approve", "v1")
        assert refused.returncode == 2
        assert "--reason" in refused.stderr
        done = platform.driftmill("approve", "v1", "--reason", "seen its card")
        assert done.returncode == 0, done
        eventually(lambda: states(platform) == {"v1": "shadow"}, 60)
        assert [one.key for one in platform.read("models")] == ["v1", "v1", "challenger"]
        _it_is_told_how_the_shadow_does(platform)
        assert platform.driftmill("promote", "v1", "--reason", "seen enough").returncode == 0
        eventually(lambda: states(platform) == {"v1": "champion"}, 60)
        assert [one.key for one in platform.read("models")][3:] == ["v1", "champion", "challenger"]
        platform.driftmill("reject", "v1", "--reason", "too late")
        eventually(lambda: platform.read("audit")[-1].value["action"] == "rejection refused", 60)
        assert [(one.value["action"], one.value["reason"]) for one in platform.read("audit")][-3:] == [
            ("accepted → shadow", "seen its card; shadow begins"),
            ("shadow → champion", "seen enough"),
            ("rejection refused", "it is champion, and waits for nobody"),
        ]
        assert platform.driftmill("retire", "v1", "--reason", "to try another").returncode == 0
        _one_that_takes_too_long_is_rolled_back(platform, first)
    finally:
        platform.close()


def _the_oldest_costs_are_gone(platform: Platform) -> None:
    """As after thirty days, before a registry has read them."""
    platform.publish("costs", "driftmill.ServingMeasured", [("p", spent(9.0, "v0"))] * 3)
    truncate(platform, AdminClient(client.admin(platform.settings)), "costs", 2)


def _one_that_takes_too_long_is_rolled_back(platform: Platform, first: Value) -> None:
    """The same file once more, of which inference tells other times."""
    manifest = canonical(orjson.loads(first["manifest"]) | {"version": "v2", "run_id": "run-v2"})
    signature = private_key(platform.settings.home / "keys").sign(manifest)
    second = {**first, "version": "v2", "run_id": "run-v2", "manifest": manifest, "signature": signature}
    platform.publish("candidates", "driftmill.CandidateProposed", [("v2", second)])
    eventually(lambda: states(platform) == {"v1": "retired", "v2": "accepted"}, 60)
    assert platform.driftmill("approve", "v2", "--reason", "to try it").returncode == 0
    eventually(lambda: states(platform)["v2"] == "shadow", 60)
    costs = [spent(1e4, version) for version in ("v1", "v2")]
    platform.publish("costs", "driftmill.ServingMeasured", [(one["process"], one) for one in costs])
    eventually(lambda: served(platform), 60)
    told = [asked(8, partition, version="v2", other="baseline") for partition in (0, 1)]
    platform.publish("profiles", "driftmill.ProfileClosed", [(profile_key(one), one) for one in told])
    eventually(lambda: states(platform)["v2"] == "rejected", 60)
    assert served(platform) == [costs[1]]
    (last,) = orjson.loads(platform.driftmill("audit", "--subject", "v2", "--json").stdout)[-1:]
    assert last["action"] == "shadow → rejected"
    assert last["reason"].startswith("rolled back: latency: is broken, 1e+04 ms for 1,000 rows must not be above")


def _it_is_told_how_the_shadow_does(platform: Platform) -> None:
    told = [asked(7, partition, version="v1", other="baseline") for partition in (0, 1)]
    platform.publish("profiles", "driftmill.ProfileClosed", [(profile_key(one), one) for one in told])
    eventually(lambda: len(platform.read("models.history", "driftmill.ReleaseMeasured")) == 2, 60)
    report = orjson.loads(platform.driftmill("release", "--json").stdout)
    assert (report["version"], report["step"], report["beside"]) == ("v1", "shadow", "baseline")
    assert (report["events"], report["agreement"]) == (1_000, 0.96)
    assert report["waits_for"].startswith("shadow for 168 h")
    assert "It waits for: shadow for 168 h" in platform.driftmill("release").stdout


def _its_card_was_made_and_comes_out_the_same(platform: Platform) -> None:
    folder = platform.settings.home / "store" / "models" / platform.pipeline.name
    cards = sorted(folder.glob("v1-*"))
    assert [one.suffix for one in cards] == [".html", ".md"]
    content = cards[1].read_text()
    cards[1].write_text("as it was kept")
    assert platform.driftmill("card", "v1").stdout == "as it was kept"
    cards[1].unlink()
    assert platform.driftmill("card", "v1").stdout == content
