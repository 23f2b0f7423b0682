"""A changed feature set: its state is built from the lake while the old one serves, and goes on where that ends."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from services.broker.local import Endpoints
from services.chassis import client
from services.chassis.configs import apply_pipeline
from services.chassis.store import Store
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.features.step import FeaturesStep
from services.kernel.vector import unpack
from tests.laws.kept_log import accepted, raws_of
from tests.model import published
from tests.platform import CHAINED, SMALL, Platform, pipeline_named

pytestmark = pytest.mark.timeout(400)

COUNT = 900


@pytest.fixture(params=[SMALL, CHAINED], ids=["small", "chained"])
def platform(broker: Endpoints, prefix: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix, request.param), tmp_path / "home")
    yield made
    made.close()


def changed(pipeline: Pipeline, old: str, new: str) -> Pipeline:
    text = pipeline.texts["pipeline.yaml"]
    assert old in text
    return Pipeline.from_texts(dict(pipeline.texts) | {"pipeline.yaml": text.replace(old, new)})


def with_more(pipeline: Pipeline, name: str, window: str = "3h") -> Pipeline:
    return changed(pipeline, "shop: {spend:", f"shop: {{{name}: {{value: amount, agg: max, windows: {window}}}, spend:")


def ordered(platform: Platform, command: str, pipeline: Pipeline, *more: str) -> "subprocess.CompletedProcess[str]":
    """A command of `driftmill` over the files of a pipeline."""
    folder = platform.settings.home / "files" / pipeline.digest[:12]
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pipeline.texts.items():
        (folder / name).write_text(text)
    return platform.driftmill(command, str(folder), *more)


@dataclass
class Stream:
    """A log as validation writes it, published in parts."""

    platform: Platform
    logs: list[list[Record]]
    done: int = 0

    @property
    def records(self) -> list[Record]:
        """In an order that keeps that of each partition."""
        return sorted((record for log in self.logs for record in log), key=lambda record: record.offset)

    def publish(self, count: int, *services: str) -> list[str]:
        """The next records, worked off by services; ids of their events."""
        part, self.done = self.records[self.done : self.done + count], self.done + count
        encode = self.platform.codec.encode
        values = [(one.key.encode(), encode("events", one.kind, one.value)) for one in part]
        self.platform.publish_raw("events", values)
        self.platform.drained(*services)
        return [one.value["event_id"] for one in part if one.kind == "driftmill.EventAccepted"]


def served(platform: Platform) -> dict[str, dict[str, Any]]:
    """Vectors by event. Fails if an event has two."""
    records = platform.read("features")
    found = {one.value["event_id"]: dict(one.value) for one in records}
    assert len(found) == len(records)
    return found


def columns(pipeline: Pipeline, vectors: Sequence[dict[str, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    names = pipeline.resolved.numbers
    return dict(zip(names, unpack([one["numbers"] for one in vectors], len(names)).T, strict=True))


def answers(platform: Platform) -> dict[str, tuple[str, str]]:
    records = platform.read("predictions", "driftmill.Prediction")
    found = {one.value["event_id"]: (one.value["model"], one.value["status"]) for one in records}
    assert len(found) == len(records)
    return found


def recomputed(pipeline: Pipeline, topics: dict[str, list[list[Record]]]) -> dict[str, bytes]:
    """The features of the whole log. topics: of each stage, in the order in which they were committed."""
    earlier, found = dict[str, bytes](), dict[str, bytes]()
    for place in range(len(pipeline.resolved.chain)):
        step, earlier, found = FeaturesStep(pipeline, 2, place), found, {}
        for log in topics[step.inputs[0]]:
            again = [_renewed(one, earlier, pipeline.resolved.set_before(place)) for one in log]
            outputs = step.process(step.new_state(0), again).outputs
            found |= {
                one.value["event_id"]: one.value["numbers"] for one in outputs if one.value and "numbers" in one.value
            }
    return found


def _renewed(record: Record, earlier: dict[str, bytes], feature_set: str) -> Record:
    if record.kind != "driftmill.EventForwarded":
        return record
    own = {"numbers": earlier[record.value["event_id"]], "feature_set": feature_set}
    return Record(record.topic, record.partition, record.offset, 0, record.key, record.kind, {**record.value, **own})


def truncate(platform: Platform, snapshots: Sequence[dict[str, Any]]) -> None:
    """Delete what lies before snapshots, as retention would."""
    admin = AdminClient(client.admin(platform.settings))
    topics = {"features": "events"}
    places = [
        TopicPartition(
            platform.settings.topic(topics.get(one["stage"], one["stage"])), one["partition"], one["position"]
        )
        for one in snapshots
    ]
    for answer in admin.delete_records(places).values():
        answer.result(30)


def logs_of(platform: Platform, logs: list[list[Record]]) -> dict[str, list[list[Record]]]:
    found = {"events": logs}
    for stage in platform.pipeline.resolved.stages[1:]:
        records = platform.read(stage)
        found[stage] = [[one for one in records if one.partition == number] for number in range(2)]
    return found


def test_features_are_added_while_the_champion_goes_on_answering(platform: Platform) -> None:
    before, after = platform.pipeline, with_more(platform.pipeline, "most")
    stages = before.resolved.stages
    store, keys = Store(platform.settings.store_url), platform.settings.home / "keys"
    platform.publish("models", "driftmill.ModelPublished", [("champion", published(before, store, keys, "v1", 1))])
    serving = [platform.start(stage) for stage in stages]
    for service in ("inference", "lake"):
        platform.start(service)
    stream = Stream(platform, accepted(raws_of(before, 11, COUNT), 2))
    old = stream.publish(400, *stages, "inference", "lake")

    # the state of the new set is built while the old one serves, which goes on meanwhile
    built = ordered(platform, "migrate", after, "--json")
    assert built.returncode == 0, built.stderr
    told = orjson.loads(built.stdout.splitlines()[-1])
    assert told["stages"] == ["features"]
    assert sum(one["position"] for one in told["snapshots"]) > 350
    old += stream.publish(200, *stages, "inference")

    # what the champion reads can't go
    dropped = changed(before, "agg: [count, mean], windows: 1h}, back", "agg: [mean], windows: 1h}, back")
    refused = ordered(platform, "apply", dropped)
    assert refused.returncode == 1
    assert "v1 answers, and reads" in refused.stderr
    assert "shop.spend.count.1h (not there)" in refused.stderr

    # nothing but the snapshot leads to the new state
    truncate(platform, told["snapshots"])
    assert ordered(platform, "apply", after).returncode == 0
    for child in serving:
        assert platform.kill(child, signal.SIGTERM) == 0
    serving = [platform.start(stage) for stage in stages]
    new = stream.publish(COUNT, *stages, "inference")

    # nothing is lost or doubled, old vectors stay, new ones are those of the whole log
    found = served(platform)
    assert set(found) == {*old, *new}
    assert {found[name]["feature_set"] for name in old} == {before.resolved.feature_set}
    assert {found[name]["feature_set"] for name in new} == {after.resolved.feature_set}
    topics = logs_of(platform, stream.logs)
    was, now = recomputed(before, topics), recomputed(after, topics)
    assert {name: found[name]["numbers"] for name in old} == {name: was[name] for name in old}
    assert {name: found[name]["numbers"] for name in new} == {name: now[name] for name in new}
    ours = columns(after, [found[name] for name in new])
    theirs = columns(before, [{"numbers": was[name]} for name in new])
    for name, values in theirs.items():
        np.testing.assert_array_equal(ours[name], values)
    assert np.isfinite(ours["shop.most.max.3h"]).any()
    assert answers(platform) == dict.fromkeys(found, ("v1", "ok"))

    # a changed set without a state, on a log that no longer begins at its beginning
    apply_pipeline(platform.settings, with_more(before, "other", "2h"), "test")
    assert platform.kill(serving[0], signal.SIGTERM) == 0
    assert platform.start("features").wait(60) == 1
    assert "driftmill migrate" in (platform.settings.home / "features-0.log").read_text()
