"""Where a pipeline asks for approval, a version that passed the gate answers after a person's word, and not before."""

import uuid
from pathlib import Path

import orjson
import pytest

from services.broker.local import Endpoints
from services.contracts.pipeline import Pipeline
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable
from tests.eventually import eventually
from tests.integration.test_rebuild import FIRST, offered, ordered, outcomes_of, uri_of
from tests.platform import Platform, pipeline_named

pytestmark = pytest.mark.timeout(300)


def states(platform: Platform) -> dict[str, str]:
    return {one.value["version"]: one.value["to_state"] for one in platform.read("models.history")}


def test_a_version_waits_for_a_word_and_then_answers(broker: Endpoints, tmp_path: Path) -> None:
    texts = dict(pipeline_named(f"t{uuid.uuid4().hex[:12]}").texts)
    texts["pipeline.yaml"] += "\nrelease: {approval: true}\n"
    platform = Platform.create(broker, Pipeline.from_texts(texts), tmp_path / "home")
    columns = RecordColumns(own_schema("driftmill.Outcome"))
    table = AppendOnlyTable(uri_of(platform.settings.store_url, platform), "outcomes", "c/t", columns, compact_every=0)
    table.append(outcomes_of(platform), {0: FIRST})
    try:
        platform.start("registry")
        offered(platform, "v1", FIRST, None, None)
        eventually(lambda: states(platform) == {"v1": "accepted"}, 60)
        assert [one.key for one in platform.read("models")] == ["v1"]
        (told,) = orjson.loads(ordered(platform, "models", "--json").stdout)
        assert (told["state"], told["reason"]) == ("accepted", "every criterion holds; it waits for approval")
        _its_card_was_made_and_comes_out_the_same(platform)
        refused = ordered(platform, "approve", "v1")
        assert refused.returncode == 2
        assert "--reason" in refused.stderr
        done = ordered(platform, "approve", "v1", "--reason", "seen its card")
        assert done.returncode == 0, done
        eventually(lambda: states(platform) == {"v1": "champion"}, 60)
        assert [one.key for one in platform.read("models")] == ["v1", "v1", "champion"]
        ordered(platform, "reject", "v1", "--reason", "too late")
        eventually(lambda: platform.read("audit")[-1].value["action"] == "rejection refused", 60)
        assert [(one.value["action"], one.value["reason"]) for one in platform.read("audit")][-2:] == [
            ("accepted → champion", "seen its card"),
            ("rejection refused", "it is champion, and waits for nobody"),
        ]
    finally:
        platform.close()


def _its_card_was_made_and_comes_out_the_same(platform: Platform) -> None:
    folder = platform.settings.home / "store" / "models" / platform.pipeline.name
    cards = sorted(folder.glob("v1-*"))
    assert [one.suffix for one in cards] == [".html", ".md"]
    content = cards[1].read_text()
    cards[1].write_text("as it was kept")
    assert ordered(platform, "card", "v1").stdout == "as it was kept"
    cards[1].unlink()
    assert ordered(platform, "card", "v1").stdout == content
