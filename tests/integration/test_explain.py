"""`driftmill explain`: answers that were given are found and explained by the model that gave them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from services.broker.environment import child_environment
from services.broker.local import Endpoints
from services.chassis.errors import Refused
from services.chassis.recorded import Recorded
from services.chassis.store import Store
from services.cli.failure import Failure
from services.cli.finding import prediction
from services.contracts.record import Record
from services.contracts.schemas import own_schema
from services.inference.explain import explained
from services.kernel.vector import pack
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from tests.model import published
from tests.platform import ROOT, Platform, pipeline_named

KIND = "driftmill.Prediction"


def test_answers_are_found_and_explained(broker: Endpoints, prefix: str, tmp_path: Path) -> None:
    platform = Platform.create(broker, pipeline_named(prefix), tmp_path)
    store = Store(platform.settings.store_url)
    model = published(platform.pipeline, store, platform.settings.home / "keys", "v1", 1)
    platform.publish("candidates", "driftmill.CandidateProposed", [("v1", model | {"run_id": "r1"})])
    answered = answer(platform, orjson.loads(model["manifest"]))
    failed = answered | {"event_id": "broken", "status": "failed", "score": None, "label": None}
    baseline = answered | {"event_id": "early", "model": "baseline", "score": 0.3, "label": False}
    platform.publish("predictions", KIND, [("s1", answered), ("s2", failed), ("s3", baseline)])

    assert_told(ordered(platform, answered["event_id"]), answered)
    recorded = Recorded(platform.settings)
    assert explained(recorded, store, prediction(platform.settings, "early"))["baseline"] == {"prior": 0.3}
    with pytest.raises(Refused, match="broken has no score"):
        explained(recorded, store, prediction(platform.settings, "broken"))
    with pytest.raises(Failure, match=f"no prediction nobody in {prefix}.predictions"):
        prediction(platform.settings, "nobody")
    keep_in_lake(platform, answered | {"event_id": "of 'old"})
    facts = explained(recorded, store, prediction(platform.settings, "of 'old"))
    assert (facts["score"], facts["served"]) == (answered["score"], answered["score"])
    assert facts["base"] + sum(one["adds"] for one in facts["features"]) == pytest.approx(facts["score"], abs=1e-12)
    assert {one["feature"] for one in facts["features"]} == {"amount", "kind", "shop.spend", "shop.back"}


def answer(platform: Platform, manifest: dict[str, Any]) -> dict[str, Any]:
    """The answer to a golden row, whose score is known."""
    golden = manifest["golden"]
    own = {"score": golden["scores"][0], "label": golden["scores"][0] >= 0.5, "model": "v1", "status": "ok"}
    numbers = pack(np.array(golden["numbers"][:1], np.float32))[0]
    own |= {"feature_set": platform.pipeline.resolved.feature_set, "numbers": numbers}
    return {"seq": 0, "event_id": "o1", "event_time": 5_000_000} | own | {"categories": golden["categories"][0]}


def keep_in_lake(platform: Platform, value: dict[str, Any]) -> None:
    """In the lake alone, as when the topic's retention is over."""
    uri = table_uri(platform.settings.store_url, platform.pipeline.name, "predictions")
    table = AppendOnlyTable(uri, "predictions", "c/t", RecordColumns(own_schema(KIND)), compact_every=0)
    table.append([Record("predictions", 0, 0, 0, "s1", KIND, value)], {0: 1})


def ordered(platform: Platform, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", "explain", *words],
        cwd=ROOT,
        env=child_environment(platform.environment()),
        capture_output=True,
        text=True,
        check=False,
    )


def assert_told(done: "subprocess.CompletedProcess[str]", answered: dict[str, Any]) -> None:
    assert done.returncode == 0, done
    assert done.stdout.startswith(f"# Prediction o1\n\n- score {answered['score']:.4g}, decided ")
    assert "| `shop.spend` | " in done.stdout
    assert "**now the score comes out" not in done.stdout
