"""Explanations beside answers, and `driftmill explain`, which comes to the same from the answer alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.broker.local import Endpoints
from services.chassis.errors import Refused
from services.chassis.recorded import Recorded
from services.chassis.store import Store
from services.cli.failure import Failure
from services.cli.finding import prediction
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record, Value
from services.contracts.schemas import own_schema
from services.inference.explain import explained
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from tests.integration.test_loop import vectors
from tests.model import published
from tests.platform import Platform, pipeline_named

KIND = "driftmill.Prediction"


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    """Every answer of its champion is explained."""
    texts = dict(pipeline_named(prefix).texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("monitor: {", "monitor: {explain: 100%, ")
    made = Platform.create(broker, Pipeline.from_texts(texts), tmp_path)
    store, keys = Store(made.settings.store_url), made.settings.home / "keys"
    model = published(made.pipeline, store, keys, "v1", 1)
    made.publish("candidates", "driftmill.CandidateProposed", [("v1", model | {"run_id": "r1"})])
    made.publish("models", "driftmill.ModelPublished", [("champion", model)])
    yield made
    made.close()


def test_what_is_told_beside_an_answer_is_told_when_it_is_asked_for(platform: Platform) -> None:
    platform.start("inference")
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 0, 20))
    platform.drained("inference")
    answers = [record.value for record in platform.read("predictions", KIND)]
    live = {record.value["event_id"]: record.value for record in platform.read("explanations")}
    assert set(live) == {answer["event_id"] for answer in answers}
    first, second, *_ = answers
    assert_same(asked(platform, first["event_id"]), live[first["event_id"]], first)

    done = platform.driftmill("explain", second["event_id"])
    assert done.returncode == 0, done
    assert done.stdout.startswith(f"# Prediction {second['event_id']}\n\n- score {second['score']:.4g}, decided ")
    assert f"| `amount` | {live[second['event_id']]['contributions']['amount']:+.4f} | amount = " in done.stdout

    failed = {**first, "event_id": "broken", "status": "failed", "score": None, "label": None}
    early = {**first, "event_id": "early", "model": "baseline", "score": 0.3, "label": False}
    platform.publish("predictions", KIND, [("s1", failed), ("s1", early)])
    assert asked(platform, "early")["baseline"] == {"prior": 0.3}
    with pytest.raises(Refused, match="broken has no score"):
        asked(platform, "broken")
    with pytest.raises(Failure, match=f"no prediction nobody in {platform.pipeline.name}.predictions"):
        asked(platform, "nobody")

    keep_in_lake(platform, {**first, "event_id": "of 'old"})
    assert_same(asked(platform, "of 'old"), live[first["event_id"]], first)


def asked(platform: Platform, event_id: str) -> dict[str, Any]:
    settings = platform.settings
    return explained(Recorded(settings), Store(settings.store_url), prediction(settings, event_id))


def assert_same(facts: Value, live: Value, answer: Value) -> None:
    """To the last bit."""
    assert facts["served"] == facts["score"] == live["score"] == answer["score"]
    assert facts["base"] == live["base"]
    assert {one["feature"]: one["adds"] for one in facts["features"]} == live["contributions"]
    assert set(live["contributions"]) == {"amount", "kind", "shop.spend", "shop.back"}
    assert live["base"] + sum(live["contributions"].values()) == pytest.approx(live["score"], abs=1e-12)


def keep_in_lake(platform: Platform, value: dict[str, Any]) -> None:
    """In the lake alone, as when the topic's retention is over."""
    uri = table_uri(platform.settings.store_url, platform.pipeline.name, "predictions")
    table = AppendOnlyTable(uri, "predictions", "c/t", RecordColumns(own_schema(KIND)), compact_every=0)
    table.append([Record("predictions", 0, 0, 0, "s1", KIND, value)], {0: 1})
