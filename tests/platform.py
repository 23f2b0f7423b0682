"""A pipeline of its own on the session's broker: topics, keys, service processes that can be killed, records back."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from services.broker.environment import child_environment
from services.broker.local import Endpoints
from services.chassis import client
from services.chassis.codec import Codec
from services.chassis.configs import apply_pipeline, codec_for
from services.chassis.keys import make_keys
from services.chassis.progress import Progress
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.chassis.topic_admin import create_topics
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.contracts.topics import JOINED, entity_of, service_of, topic_named, topics_of
from tests import programs
from tests.eventually import eventually
from tests.programs import Program

ROOT = Path(__file__).parents[1]

SMALL, CHAINED = ROOT / "tests" / "pipelines" / "small", ROOT / "tests" / "pipelines" / "chained"
PAYMENTS = ROOT / "pipelines" / "payments"


_DELETE_SECONDS = 5.0
_QUICK = {"DRIFTMILL_MERGE_IDLE_SECONDS": "0.5", "DRIFTMILL_LAKE_SKEW": "0"}


@cache
def pipeline_named(name: str, directory: Path = SMALL) -> Pipeline:
    """The pipeline of a directory under another name, so that its topics are a test's own; read once, and shared."""
    texts = {path.name: path.read_text() for path in directory.iterdir() if path.suffix in (".yaml", ".avsc", ".py")}
    lines = texts["pipeline.yaml"].splitlines()
    texts["pipeline.yaml"] = "\n".join(f"name: {name}" if line.startswith("name:") else line for line in lines) + "\n"
    return Pipeline.from_texts(texts)


@dataclass
class Platform:
    """One pipeline under test. Its processes are stopped by `close`."""

    settings: ChassisSettings
    pipeline: Pipeline
    codec: Codec
    children: list[Program] = field(default_factory=list)

    @classmethod
    def create(
        cls, endpoints: Endpoints, pipeline: Pipeline, home: Path, partitions: int = 2, replication: int = 1
    ) -> "Platform":
        """Topics, applied configuration and keys for a pipeline."""
        settings = ChassisSettings(
            pipeline=pipeline.name,
            bootstrap=endpoints.bootstrap,
            schema_registry=endpoints.schema_registry,
            home=home,
            partitions=partitions,
            replication=replication,
        )
        create_topics(settings, pipeline.resolved.stages)
        apply_pipeline(settings, pipeline, "test")
        make_keys(home / "keys")
        return cls(settings, pipeline, codec_for(settings, pipeline))

    def start(self, service: str, ordinal: int = 0, **extra: str) -> Program:
        """A service, a stage of one, or several joined by +, as one process; its log goes to the platform's home."""
        module = "fused" if JOINED in service else service_of(service)
        own = {
            "DRIFTMILL_ORDINAL": str(ordinal),
            "DRIFTMILL_ENTITY": entity_of(service),
            "DRIFTMILL_STAGES": service,
        }
        return self.program(f"services.{module}", f"{service}-{ordinal}.log", **own | extra)

    def program(self, module: str, log: str, *arguments: str, **extra: str) -> Program:
        """A program with the platform's settings, stopped with it; its log goes to the platform's home."""
        environment = child_environment(self.environment() | extra)
        child = programs.start(module, environment, self.settings.home / log, arguments)
        self.children.append(child)
        return child

    def driftmill(self, *words: str, **extra: str) -> "subprocess.CompletedProcess[str]":
        """What a command says, and its exit code."""
        return self.ran("services.cli.main", *words, **extra)

    def ran(self, module: str, *arguments: str, **extra: str) -> "subprocess.CompletedProcess[str]":
        """What a program that ends by itself wrote, and its exit code."""
        return programs.run(module, child_environment(self.environment() | extra), *arguments)

    def environment(self) -> dict[str, str]:
        """Settings of the platform as environment variables."""
        names = ("pipeline", "bootstrap", "schema_registry", "home", "partitions")
        # tests wait for streams that have ended, not for sources that pause, and few for a comparison of features
        return {f"DRIFTMILL_{name.upper()}": str(getattr(self.settings, name)) for name in names} | _QUICK

    def kill(self, child: Program, how: signal.Signals = signal.SIGKILL) -> int:
        """End a process and say its exit code."""
        os.kill(child.pid, how)
        return child.wait(30)

    def publish(self, topic: str, kind: str, values: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Write records by key to a topic, each to its key's partition, and wait until Kafka has them."""
        self.publish_raw(topic, [(key.encode(), self.codec.encode(topic, kind, value)) for key, value in values])

    def publish_raw(self, topic: str, values: Sequence[tuple[bytes, bytes]]) -> None:
        """Write bytes."""
        producer = Producer(client.idempotent_producer(self.settings, "test"))
        partitions = self.settings.partitions if topic_named(topic).partitioned else 1
        for key, value in values:
            producer.produce(self.settings.topic(topic), key=key, value=value, partition=partition_of(key, partitions))
        assert producer.flush(30) == 0

    def publish_tombstone(self, topic: str, key: str) -> None:
        """Delete a key of a compacted topic."""
        producer = Producer(client.idempotent_producer(self.settings, "test"))
        producer.produce(self.settings.topic(topic), key=key.encode(), value=None, partition=0)
        assert producer.flush(30) == 0

    def followed(self, within: float = 30.0) -> None:
        """Wait until inference has followed `models` to its end."""
        progress = Progress(self.settings, self.pipeline.resolved.stages)
        try:
            (end,) = eventually(lambda: tuple(progress.ends(["models"]).values()), within)
            eventually(lambda: end == 0 or min(_told(progress)) >= end, within)
        finally:
            progress.close()

    def read(self, topic: str, kind: str | None = None) -> list[Record]:
        """All committed records of a topic, or those of one kind."""
        partitions = self.settings.partitions if topic_named(topic).partitioned else 1
        records = read_topic(self.settings, self.codec, topic, partitions)
        return [record for record in records if kind is None or record.kind == kind]

    def drained(self, *services: str, within: float = 60.0) -> None:
        """Wait until services have worked off all their input, and what they wrote can be read."""
        stages = self.pipeline.resolved.stages
        progress = Progress(self.settings, stages)
        try:
            for service in services:
                eventually(partial(progress.is_drained, service), within)
            topics = [topic.name for topic in topics_of(stages)]
            eventually(lambda: not progress.has_open_transaction(topics), within)
        finally:
            progress.close()

    def stop(self) -> None:
        """Stop all processes."""
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait(10)

    def close(self) -> None:
        """Stop all, and delete the topics: each costs the session's broker a little all the time."""
        self.stop()
        admin = AdminClient(client.admin(self.settings))
        with suppress(KafkaException):  # a broker of the test's own may be gone
            known = admin.list_topics(timeout=_DELETE_SECONDS).topics
            mine = [name for name in known if name.startswith(f"{self.pipeline.name}.")]
            for deleted in admin.delete_topics(mine, request_timeout=_DELETE_SECONDS).values() if mine else ():
                deleted.result()


def _told(progress: Progress) -> list[int]:
    """How far each partition of inference says that it has followed `models`."""
    return [int(text.partition("models=")[2] or -1) for _, text in progress.committed("inference").values()]
