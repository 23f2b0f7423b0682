"""The checker finds nothing wrong in a healthy pipeline, and whatever wrong is put into one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from services.broker.local import Endpoints
from services.chassis import client
from tests.chaos.stage import Stage, stage
from tests.e2e.stream import ORDER, Raw
from tests.platform import ROOT

CHAINED = ROOT / "tests" / "pipelines" / "chained"
pytestmark = pytest.mark.timeout(400)


@dataclass
class Verdict:
    """What the command said. by_name: each invariant."""

    code: int
    by_name: dict[str, dict[str, Any]]

    @property
    def broken(self) -> dict[str, int]:
        return {name: one["broken"] for name, one in self.by_name.items() if one["broken"]}


def verified(made: Stage) -> Verdict:
    done = made.platform.driftmill("verify", made.platform.settings.pipeline, "--json")
    report = orjson.loads(done.stdout)
    return Verdict(done.returncode, {one["invariant"]: one for one in report["invariants"]})


@pytest.fixture(scope="module")
def healthy(broker: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(broker, tmp_path_factory.mktemp("verify"), orders=700, rate=2_000) as made:
        made.start()
        made.traffic.start()
        made.flows(500)
        made.finish()
        yield made


def test_a_healthy_pipeline_and_whatever_is_put_into_it(healthy: Stage) -> None:
    healthy.platform.stop()
    usual = verified(healthy)
    assert (usual.code, usual.broken) == (0, {})
    assert {one["pending"] for one in usual.by_name.values()} == {0}
    assert usual.by_name["recomputed"]["checked"] > 1_000

    answers = [one for one in healthy.platform.read("predictions") if one.kind == "driftmill.Prediction"]
    events = healthy.platform.read("events", "driftmill.EventAccepted")
    again, forged = answers[0], {**dict(answers[1].value), "seq": 10**6}
    said = {name: again.value[name] for name in ("seq", "event_id", "event_time", "status", "score", "label")}
    unasked = said | {"model": "v9", "arm": "challenger"}
    healthy.platform.publish("predictions.shadow", "driftmill.ShadowPrediction", [(again.key, unasked)])
    healthy.platform.publish("predictions", "driftmill.Prediction", [(again.key, again.value), (again.key, forged)])
    healthy.platform.publish("events", "driftmill.EventAccepted", [(events[0].key, events[0].value)])
    hanging = open_transaction(healthy)
    spoiled = verified(healthy)
    assert spoiled.code == 1
    assert spoiled.broken == {"accounted": 1, "numbered": 1, "answered": 1, "caused": 1, "paired": 1, "ended": 1}
    hanging.abort_transaction(30)


def with_more_entities(raw: Raw) -> Raw:
    """An order or a return of the pipeline with three entities."""
    number = sum(map(ord, raw.value.get("order_id", "")))
    if raw.kind == ORDER:
        value = raw.value | {"area": number % 5, "rider": f"rider{number % 11}" if number % 7 else None}
        return replace(raw, value=value)
    return raw


def test_features_of_several_entities_are_recomputed(broker: Endpoints, tmp_path: Path) -> None:
    with stage(broker, tmp_path, orders=400, rate=2_000, directory=CHAINED, dress=with_more_entities) as made:
        made.start(("validation", *made.platform.pipeline.resolved.stages, "inference", "outcomes"))
        made.traffic.start()
        made.flows(300)
        made.finish()
        made.platform.stop()
        usual = verified(made)
        assert [one["examples"] for one in usual.by_name.values() if one["examples"]] == []
        assert (usual.code, usual.broken) == (0, {})
        assert {one["pending"] for one in usual.by_name.values()} == {0}
        assert usual.by_name["recomputed"]["checked"] > 4 * 300


def open_transaction(made: Stage) -> Producer:
    """Records of a transaction that nobody ends."""
    settings = made.platform.settings
    config = client.transactional_producer(settings, "nobody") | {"transaction.timeout.ms": 60_000}
    producer = Producer(config)
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(settings.topic("outcomes"), b"x", partition=0)
    assert producer.flush(30) == 0
    return producer
