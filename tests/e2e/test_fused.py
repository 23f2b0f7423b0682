"""Stages that share a process: the same bytes as separate services, exactly once under kills, and a way back."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from time import time

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services.broker.local import Endpoints
from services.chassis import client
from services.contracts.topics import FUSABLE, JOINED, staged, topic_named
from tests.e2e.feed import PATIENCE, Feed
from tests.e2e.killing import HARD
from tests.e2e.payments import payments_and_truths
from tests.e2e.recompute import EVENT, FORWARDED, FORWARDED_LABEL, partitioned, recomputed_vectors, vectors_of
from tests.e2e.stream import TICK, Raw, orders_and_returns
from tests.e2e.test_exactly_once import astray
from tests.eventually import eventually
from tests.platform import PAYMENTS, SMALL, Platform, pipeline_named
from tests.programs import Program

pytestmark = pytest.mark.timeout(400)
STAGES = FUSABLE
FUSED = JOINED.join(STAGES)
KILLS = ("produced:9:kill", "offsets:9:kill", "committing:9:kill", "committed:9:kill")
WRITTEN = ("events", "events.quarantined", "predictions", "profiles", "deadletters.validation")
"""Besides the topics of features, which are called as its stages."""
UNDECODABLE = b"neither Avro nor JSON"
MASKING = {"DRIFTMILL_PII_KEY": "2a" * 32}
HELD_BACK = {"DRIFTMILL_MERGE_IDLE_SECONDS": "600", "DRIFTMILL_BATCH_RECORDS": "150"}
Make = Callable[..., Platform]
Lines = list[tuple[int, bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]]


def make_raw_topics(broker: Endpoints, pipeline: str, partitions: int) -> None:
    """Raw topics that keep the times that they are given; what is there is left as it is when the others are made."""
    config = {"message.timestamp.type": "CreateTime"}
    names = [topic_named(topic).full_name(pipeline) for topic in ("events.raw", "labels")]
    new = [NewTopic(name, num_partitions=partitions, replication_factor=1, config=config) for name in names]
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for answer in admin.create_topics(new, operation_timeout=10).values():
        answer.result()


def preload(platforms: Sequence[Platform], raws: Sequence[Raw]) -> None:
    """The same records with the same times to several pipelines, every fifth with a header for tracing."""
    now = int(time() * 1000)
    for platform in platforms:
        producer = Producer(client.idempotent_producer(platform.settings, "test"))
        for number, raw in enumerate(raws):
            data = platform.codec.encode(raw.topic, raw.kind, raw.value) if raw.value else UNDECODABLE
            producer.produce(
                platform.settings.topic(raw.topic),
                key=raw.key.encode(),
                value=data,
                partition=raw.place(platform.settings.partitions),
                timestamp=now + number,
                headers=[("traceparent", f"00-{number:032x}-01".encode())] if number % 5 == 0 else None,
            )
        assert producer.flush(30) == 0


def lines(platform: Platform, topic: str) -> Lines:
    """What was written to a topic, without where and when."""
    found = [(one.partition, one.raw_key, one.raw_value, one.headers) for one in platform.read(topic)]
    # partitions that share a topic come to it in the order of the moment
    return sorted(found, key=repr) if topic in ("events.quarantined", "profiles", "deadletters.validation") else found


def by_partition(found: Lines) -> Lines:
    return sorted(found, key=lambda line: line[0])


@pytest.fixture
def pipelines(broker: Endpoints, tmp_path: Path) -> Iterator[Make]:
    made: list[Platform] = []

    def make(directory: Path = SMALL, partitions: int = 2) -> Platform:
        name = f"t{uuid.uuid4().hex[:12]}"
        make_raw_topics(broker, name, partitions)
        made.append(Platform.create(broker, pipeline_named(name, directory), tmp_path / name, partitions))
        return made[-1]

    yield make
    for platform in made:
        platform.close()


def played(separate: Platform, fused: Platform, raws: Sequence[Raw]) -> None:
    """The same stream through a process for each stage, and through a single one."""
    stages = staged(FUSABLE, fused.pipeline.resolved.stages)
    end = max(raw.arrives for raw in raws) + 1
    ticks = [Raw("labels", "", TICK, {"time": end}, 0, 0, number) for number in range(fused.settings.partitions)]
    preload((separate, fused), [*raws, *ticks])
    fused.start(JOINED.join(stages), 0, **HELD_BACK, **MASKING)
    for stage in stages:
        separate.start(stage, 0, **HELD_BACK, **MASKING)
    expected = sum(raw.topic == "events.raw" for raw in raws)
    for platform in (separate, fused):
        feed = Feed(platform)
        eventually(lambda: feed.taken("events.raw") == expected, PATIENCE)  # noqa: B023
        feed.close()
        platform.drained(*stages[1:], within=PATIENCE)


def assert_same_bytes(separate: Platform, fused: Platform) -> None:
    for topic in (*WRITTEN, *fused.pipeline.resolved.stages):
        expected = lines(separate, topic)
        assert expected
        pairs = zip_longest(by_partition(lines(fused, topic)), by_partition(expected))
        differing = next(((place, *pair) for place, pair in enumerate(pairs) if pair[0] != pair[1]), None)
        assert differing is None, topic
    assert any(headers for *_, headers in lines(fused, "predictions"))


def test_the_same_bytes_as_separate_services(pipelines: Make) -> None:
    separate, fused = pipelines(), pipelines()
    stream, broken = orders_and_returns(700, seed=3), Raw("events.raw", "shop1", "", {}, 0, 0)
    played(separate, fused, [*stream.labels, broken, *stream.events])
    assert_same_bytes(separate, fused)


def test_a_chain_of_entities_in_one_partition_gives_the_same_bytes_too(pipelines: Make) -> None:
    separate, fused = (pipelines(PAYMENTS, 1) for _ in range(2))
    played(separate, fused, [Raw("events.raw", "c1", "", {}, 0, 0), *payments_and_truths(500)])
    assert_same_bytes(separate, fused)
    assert {one.kind for one in fused.read("features.terminal")} == {FORWARDED, FORWARDED_LABEL}


def test_a_chain_of_entities_in_several_partitions_is_refused(pipelines: Make) -> None:
    platform = pipelines(PAYMENTS, 2)
    whole = JOINED.join(staged(FUSABLE, platform.pipeline.resolved.stages))
    assert platform.start(whole).wait(60) == 1
    log = (platform.settings.home / f"{whole}-0.log").read_text()
    assert "features writes for features.terminal by another key, so to all 2 partitions" in log
    assert platform.read("events") == []


@dataclass
class Switching:
    """One pipeline whose stages run now together, now apart."""

    platform: Platform
    feed: Feed
    raws: list[Raw]
    running: list[Program] = field(default_factory=list)

    def start(self, *services: str, **extra: str) -> None:
        """Start processes."""
        self.running = [self.platform.start(service, 0, **(HARD | extra)) for service in services]

    def stop(self) -> None:
        """SIGTERM all, the source first, and see them leave in order."""
        for child in self.running:
            child.terminate()
        assert [child.wait(30) for child in self.running] == [0] * len(self.running)

    def publish(self, count: int) -> None:
        """The next records of the stream."""
        now, self.raws = self.raws[:count], self.raws[count:]
        self.feed.publish(now)

    def worked_off(self) -> None:
        """Wait until nothing is left to do."""
        self.platform.drained(*STAGES, within=PATIENCE)


def test_switched_and_killed_nothing_is_lost_or_doubled(pipelines: Make) -> None:
    platform = pipelines()
    stream = orders_and_returns(800, seed=11)
    scene = Switching(platform, Feed(platform), astray(stream))
    scene.start(*STAGES)
    scene.publish(300)
    scene.worked_off()
    refused = platform.start(FUSED, 0)
    scene.publish(100)
    scene.worked_off()
    assert refused.wait(60) == 1
    assert "validation-0, " in (log := (platform.settings.home / f"{FUSED}-0.log").read_text())
    assert "run on their own" in log
    scene.stop()
    for kill in KILLS:
        scene.start(FUSED, DRIFTMILL_FAILPOINT=kill)
        scene.publish(150)
        assert scene.running[0].wait(60) == -9
    scene.start(FUSED)
    scene.worked_off()
    scene.stop()
    scene.start(*STAGES)
    scene.publish(len(scene.raws))
    scene.worked_off()
    scene.feed.close()
    everything_once(platform)


def everything_once(platform: Platform) -> None:
    log = partitioned(platform.read("events", EVENT))
    assert sum(map(len, log.values())) > 700
    for topic, kind in (("features", "driftmill.FeatureVector"), ("predictions", "driftmill.Prediction")):
        answers = partitioned(platform.read(topic, kind))
        for number, events in log.items():
            expected = [(one.value["seq"], one.value["event_id"], one.key) for one in events]
            assert [seq for seq, *_ in expected] == list(range(len(expected)))
            assert [(one.value["seq"], one.value["event_id"], one.key) for one in answers[number]] == expected
    assert vectors_of(platform) == recomputed_vectors(platform)
