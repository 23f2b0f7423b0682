"""`driftmill features`: what is declared, who reads it, and what was served of an entity."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from services.broker.local import Endpoints
from services.chassis.configs import apply_pipeline
from services.cli.main import main
from services.contracts.pipeline import changed
from services.contracts.record import Record
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from tests.platform import Platform, pipeline_named
from tests.unit.lake.test_features import HOUR, vector


def published(version: str, state: str, digests: dict[str, str]) -> tuple[str, dict[str, Any]]:
    view = {"version": version, "state": state, "sequence": 1, "clock": 0, "model_uri": "m", "model_digest": "d"}
    manifest = orjson.dumps({"input_digests": digests})
    return version, view | {"manifest": manifest, "signature": b"s", "key_id": "signing"}


def kept(platform: Platform, records: list[Record]) -> None:
    columns = RecordColumns(own_schema("driftmill.FeatureVector"))
    uri = table_uri(platform.settings.store_url, platform.pipeline.name, "features")
    AppendOnlyTable(uri, "features", "c/t", columns, 0).append(records, {0: len(records)})


def test_what_is_declared_and_what_was_served_is_told(
    broker: Endpoints, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    platform = Platform.create(broker, pipeline_named(prefix), tmp_path)
    for name, value in platform.environment().items():
        monkeypatch.setenv(name, value)
    before = platform.pipeline.resolved
    count, spent = "shop.spend.count.1h", "shop.spend.mean.1h"
    live = published("v2", "accepted", {count: before.digests[count], spent: "of another meaning"})
    gone = published("v1", "retired", {count: before.digests[count]})
    platform.publish("models", "driftmill.ModelPublished", [live, gone])
    kept(platform, [vector(0, "s1", 1, 1.5), vector(1, "s1", 2, 2.5)])

    assert main(["features", "list", "--json"]) == 0
    rows = {row["feature"]: row for row in orjson.loads(capfd.readouterr().out)}
    assert rows[count] == {
        "feature": count,
        "kind": "number",
        "is": rows[count]["is"],
        "over": "1h",
        "digest": before.digests[count],
        "sent": "yes",
        "read_by": "v2",
    }
    assert rows[spent]["read_by"] is None
    assert set(rows) == {feature.name for feature in before.features}

    # what was served before a change is read by what it meant then
    apply_pipeline(
        platform.settings, changed(platform.pipeline.texts, ["model.inputs=[kind, amount, shop.spend.*]"]), "test"
    )
    assert main(["features", "get", "s1", "--at", "1970-01-01T01:30", "--json"]) == 0
    found = orjson.loads(capfd.readouterr().out)
    assert (found["event_id"], found["features"]["amount"], found["features"]["kind"]) == ("o0", 1.5, "b")
    assert set(found["features"]) == {"kind", "amount", count, spent}
    assert found["feature_set"] == before.feature_set
    assert main(["features", "get", "s1", "--at", f"{HOUR}x"]) == 2
    assert "isn't a time" in capfd.readouterr().err
    assert main(["features", "get", "nobody"]) == 1
    assert "No vector of nobody is kept. The lake keeps vectors up to 1970-01-01" in capfd.readouterr().err
