"""Where contestants meet: one broker for a run, and for each round a pipeline whose input topic is full."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services.broker.environment import child_environment
from services.broker.local import Endpoints, LocalBroker
from services.chassis import client
from services.chassis.store import Store
from tests.bench.meter import Rate, middle, rate_of
from tests.eventually import eventually
from tests.model import published
from tests.platform import ROOT, Platform, pipeline_named
from tests.programs import Program

PAYMENTS = ROOT / "pipelines" / "payments"
PEERS = ROOT / ".driftmill" / "peers"
HEADERS: dict[str, str | bytes | None] = {"traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
PARTITIONS = 2
_CHUNK = 20_000


@dataclass(frozen=True)
class Contestant:
    """A program that does what a service does. module: its file here. peer: it runs in the peers' environment."""

    name: str
    module: str
    peer: bool = False


class Ground:
    """One round. Every contestant reads the same records and writes to a topic of its own."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def fill(self, topic: str, kind: str, values: Iterable[tuple[str, Any]]) -> None:
        """Write records by key, each with a tracing header."""
        codec, settings = self.platform.codec, self.platform.settings
        producer = Producer(client.idempotent_producer(settings, "bench"))
        full, waiting = settings.topic(topic), iter(values)
        while some := list(islice(waiting, _CHUNK)):
            for (key, _), data in zip(some, codec.encode_all(topic, kind, [v for _, v in some]), strict=True):
                producer.produce(full, key=key, value=data, headers=HEADERS)
            assert producer.flush(60) == 0

    def champion(self) -> bytes:
        """Let inference have a small logistic model; gives it as ONNX."""
        platform = self.platform
        store = Store(platform.settings.store_url)
        model = published(platform.pipeline, store, platform.settings.home / "keys", "v1", 1)
        platform.publish("models", "driftmill.ModelPublished", [("champion", model)])
        return store.get(model["model_uri"])

    def values(self, topic: str) -> list[bytes]:
        """What all committed records of a topic hold, up to its present end."""
        settings = self.platform.settings
        consumer, found = Consumer(client.plain_consumer(settings)), []
        missing = set(range(settings.partitions))
        consumer.assign([TopicPartition(settings.topic(topic), number, 0) for number in missing])
        while missing:
            for message in consumer.consume(1_000, 1.0):
                if message.error() is None:
                    found.append(message.value() or b"")
                else:
                    missing.discard(message.partition() or 0)
        consumer.close()
        return found

    def target(self, contestant: Contestant) -> str:
        """The topic that a contestant writes to."""
        return f"by.{contestant.name}"

    def of_service(self, service: str, topic: str, records: int) -> Rate:
        """The rate of one of our services."""
        child = self.platform.start(service)
        try:
            return rate_of([child], self.platform.settings, self.platform.settings.topic(topic), middle(records))
        finally:
            end(child)

    def of_contestant(self, contestant: Contestant, task: dict[str, Any], records: int) -> Rate:
        """The rate of another program. task: what it is told besides where Kafka is and what to write to."""
        settings = self.platform.settings
        target = settings.topic(self.target(contestant))
        _create(settings.bootstrap, target)
        told = task | {"bootstrap": settings.bootstrap, "target": target, "name": f"{target}.group"}
        with (settings.home / f"{contestant.name}.log").open("ab") as log:
            child = subprocess.Popen(
                [_python(contestant), str(ROOT / "tests" / "bench" / contestant.module), orjson.dumps(told).decode()],
                cwd=settings.home,
                env=child_environment({"PYTHONPATH": str(ROOT)}),
                stdout=log,
                stderr=log,
            )
        try:
            return rate_of([child], settings, target, middle(records))
        finally:
            end(child)


@contextmanager
def broker() -> Iterator[tuple[Endpoints, Path]]:
    """A broker of our own, and a directory for a while."""
    with TemporaryDirectory(prefix="driftmill-bench-") as directory:
        local = LocalBroker(Path(directory), detached=False, owner=os.getpid())
        try:
            yield local.up(), Path(directory)
        finally:
            local.down()


@contextmanager
def ground(
    endpoints: Endpoints, home: Path, pipeline: Path = PAYMENTS, partitions: int = PARTITIONS
) -> Iterator[Ground]:
    """A copy of a pipeline under a name of its own."""
    name = f"b{uuid.uuid4().hex[:8]}"
    made = pipeline_named(name, pipeline)
    # a registry that just began may take longer to answer than its client waits
    platform = eventually(lambda: Platform.create(endpoints, made, home / name, partitions), 60.0)
    try:
        yield Ground(platform)
    finally:
        platform.close()


def pinned(child: Program, core: int) -> Program:
    """Keep a process that just began to one core, its threads to come included, where the system can (Linux)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(child.pid, {core % (os.cpu_count() or 1)})
    return child


def say(line: str) -> None:
    """Tell who waits how it goes."""
    sys.stderr.write(f"  {line}\n")
    sys.stderr.flush()


def _python(contestant: Contestant) -> str:
    return str(PEERS / "bin" / "python") if contestant.peer else sys.executable


def _create(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    (made,) = admin.create_topics([NewTopic(topic, PARTITIONS, 1)]).values()
    made.result(timeout=10)


def end(child: Program) -> None:
    """Let a process finish, or kill it."""
    child.terminate()
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(10)
