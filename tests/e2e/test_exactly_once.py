"""kill -9 of every service of the data plane in the middle of transactions, time and again: everything exactly once."""

import os
import signal
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from services.broker.local import Endpoints
from services.contracts.record import Record
from tests.e2e.feed import PATIENCE, Feed
from tests.e2e.recompute import (
    EVENT,
    LABEL,
    outcomes_of,
    partitioned,
    recomputed_outcomes,
    recomputed_vectors,
    vectors_of,
)
from tests.e2e.stream import ORDER, RETURN, TICK, Raw, Stream, orders_and_returns
from tests.eventually import eventually
from tests.platform import Platform, pipeline_named

ANSWERS = {"validation": "events", "features": "features", "inference": "predictions", "outcomes": "outcomes"}
"""Each service of the data plane with the topic it writes."""
HARD = {"DRIFTMILL_BATCH_RECORDS": "6", "DRIFTMILL_FLUSH_SECONDS": "0.1"}
"""Small batches, so that much time is spent in transactions; state written often, so that kills meet that too."""
pytestmark = pytest.mark.timeout(400)
ROUNDS = 3
FIRST = 100
"""So many records of a part are seen to flow through all services before the rest comes and the killing begins."""
Place = tuple[str, int, int]


@dataclass
class Scene:
    """A finished stream. killed: how often each service was; torn: how often that left a transaction open."""

    platform: Platform
    feed: Feed
    children: dict[str, subprocess.Popen[bytes]]
    killed: Counter[str]
    torn: Counter[str]

    def start(self, service: str) -> None:
        self.children[service] = self.platform.start(service, 0, **HARD)

    def kill_in_a_transaction(self, service: str) -> None:
        """kill -9 while records are written that aren't committed, and start it again at once."""
        child, topic = self.children[service], ANSWERS[service]
        eventually(lambda: self._stops_in_a_transaction(child, topic), PATIENCE)
        assert self.platform.kill(child) == -signal.SIGKILL
        self.killed[service] += 1
        self.torn[service] += self.feed.has_open_transaction(topic)
        self.start(service)

    def _stops_in_a_transaction(self, child: subprocess.Popen[bytes], topic: str) -> bool:
        os.kill(child.pid, signal.SIGSTOP)
        if self.feed.has_open_transaction(topic):
            return True
        os.kill(child.pid, signal.SIGCONT)
        return False


@pytest.fixture(scope="module")
def scene(broker: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("once")
    name = f"t{uuid.uuid4().hex[:12]}"
    platform = Platform.create(broker, pipeline_named(name), home)
    made = Scene(platform, Feed(platform), {}, Counter(), Counter())
    try:
        play(made, orders_and_returns(1_400, seed=11))
        yield made
    finally:
        made.feed.close()
        platform.close()


def play(scene: Scene, stream: Stream) -> None:
    """Publish a stream part by part while all services work, and kill each of them in each part."""
    raws = astray(stream)
    size = len(raws) // ROUNDS + 1
    scene.platform.publish_raw("events.raw", [(b"shop1", b"neither Avro nor JSON")])
    for service in ANSWERS:
        scene.start(service)
    for start in range(0, len(raws), size):
        before = scene.feed.written("predictions")
        scene.feed.publish(raws[start : start + FIRST])
        eventually(lambda: scene.feed.written("predictions") > before + FIRST // 4, PATIENCE)  # noqa: B023
        # so that it can't be done with the rest before its turn comes
        scene.children["validation"].send_signal(signal.SIGSTOP)
        scene.feed.publish(raws[start + FIRST : start + size])
        for service in ANSWERS:
            scene.kill_in_a_transaction(service)
    scene.platform.drained(*ANSWERS, within=PATIENCE)


def astray(stream: Stream) -> list[Raw]:
    """The stream with some orders put into a partition where they don't belong."""
    return [
        replace(raw, partition=1 - raw.place(2)) if raw.kind == ORDER and number % 97 == 0 else raw
        for number, raw in enumerate(stream.interleaved())
    ]


def settled_elsewhere(platform: Platform) -> set[Place]:
    """Where raw records stood that were refused, or moved to their own partition."""
    letters, refused = platform.read("deadletters.validation"), platform.read("events.quarantined")
    found = [
        (one.value["source_topic"], one.value["source_partition"], one.value["source_offset"])
        for one in (*letters, *refused)
    ]
    moved = [place for one in platform.read("events.raw") if (place := moved_from(one)) is not None]
    assert letters
    assert refused
    assert moved
    places = {*found, *moved}
    assert len(places) == len(found) + len(moved)
    return places


def moved_from(record: Record) -> Place | None:
    position = dict(record.headers).get("dm-moved")
    if position is None:
        return None
    topic, partition, offset = position.decode().split("/")
    return topic, int(partition), int(offset)


def test_every_service_was_killed_in_the_middle_of_its_work(scene: Scene) -> None:
    assert scene.killed == dict.fromkeys(ANSWERS, ROUNDS)
    assert all(scene.torn[service] for service in ANSWERS)


@pytest.mark.parametrize(
    ("topic", "kind", "id_field", "accepted"),
    [("events.raw", ORDER, "order_id", EVENT), ("labels", RETURN, "order_id", LABEL)],
)
def test_every_raw_record_is_accepted_or_refused_once_and_in_order(
    scene: Scene, topic: str, kind: str, id_field: str, accepted: str
) -> None:
    elsewhere = settled_elsewhere(scene.platform)
    log = partitioned(scene.platform.read("events", accepted))
    for number, records in partitioned(scene.platform.read(topic)).items():
        kept = [one for one in records if (topic, number, one.offset) not in elsewhere and one.kind != TICK]
        assert {one.kind for one in kept} == {kind}
        assert [one.value[id_field] for one in kept] == [one.value["event_id"] for one in log[number]]
        assert [one.key for one in kept] == [one.key for one in log[number]]


def test_every_accepted_event_has_its_number_and_one_answer_in_order(scene: Scene) -> None:
    log = partitioned(scene.platform.read("events", EVENT))
    for topic, kind in (("features", "driftmill.FeatureVector"), ("predictions", "driftmill.Prediction")):
        answers = partitioned(scene.platform.read(topic, kind))
        for number, events in log.items():
            expected = [(one.value["seq"], one.value["event_id"], one.key) for one in events]
            assert [seq for seq, *_ in expected] == list(range(len(expected)))
            assert [(one.value["seq"], one.value["event_id"], one.key) for one in answers[number]] == expected
    assert {one.value["status"] for one in scene.platform.read("predictions", "driftmill.Prediction")} == {"ok"}


def test_features_are_those_of_one_computation(scene: Scene) -> None:
    assert vectors_of(scene.platform) == recomputed_vectors(scene.platform)


def test_every_event_has_one_first_outcome_and_corrections_count_up(scene: Scene) -> None:
    found: dict[str, list[int]] = {}
    for one in scene.platform.read("outcomes", "driftmill.Outcome"):
        found.setdefault(one.value["event_id"], []).append(one.value["revision"])
    assert all(revisions == list(range(len(revisions))) for revisions in found.values())
    assert found.keys() >= {one.value["event_id"] for one in scene.platform.read("events", EVENT)}
    assert max(map(len, found.values())) > 1
    assert outcomes_of(scene.platform) == recomputed_outcomes(scene.platform)


def test_every_window_is_told_once(scene: Scene) -> None:
    inputs = [one for one in scene.platform.read("profiles") if one.value["stream"] == "inputs"]
    windows = [(one.value["partition"], one.value["window_start"]) for one in inputs]
    assert len(windows) == len(set(windows))
    accepted = scene.platform.read("events", EVENT)
    assert sum(one.value["rows"] for one in inputs) == len(accepted)
