"""Where contestants meet: one broker for a run, and for each round a pipeline whose input topic is full."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services.broker.environment import child_environment
from services.broker.local import Endpoints, LocalBroker
from services.chassis import client
from services.contracts.partition import partition_of
from tests.bench.meter import Rate, rate_of
from tests.platform import ROOT, Platform, pipeline_named

PEERS = ROOT / ".driftmill" / "peers"
HEADERS: dict[str, str | bytes | None] = {"traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
PARTITIONS = 2


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

    def fill(self, topic: str, kind: str, values: Sequence[tuple[str, Any]]) -> None:
        """Write records by key, each with a tracing header."""
        codec, settings = self.platform.codec, self.platform.settings
        producer = Producer(client.idempotent_producer(settings, "bench"))
        full = settings.topic(topic)
        for (key, _), data in zip(values, codec.encode_all(topic, kind, [v for _, v in values]), strict=True):
            place = partition_of(key.encode(), settings.partitions)
            producer.produce(full, key=key, value=data, partition=place, headers=HEADERS)
            producer.poll(0)
        assert producer.flush(60) == 0

    def of_service(self, service: str, topic: str, records: int) -> Rate:
        """The rate of one of our services."""
        child = self.platform.start(service)
        try:
            return rate_of(child, self.platform.settings, self.platform.settings.topic(topic), records)
        finally:
            _end(child)

    def of_contestant(self, contestant: Contestant, task: dict[str, Any], records: int) -> Rate:
        """The rate of another program. task: what it is told besides where Kafka is and what to write to."""
        settings = self.platform.settings
        target = settings.topic(f"by.{contestant.name}")
        _create(settings.bootstrap, target)
        told = task | {"bootstrap": settings.bootstrap, "target": target, "name": f"{target}.group"}
        with (settings.home / f"{contestant.name}.log").open("ab") as log:
            child = subprocess.Popen(
                [_python(contestant), str(ROOT / "tests" / "bench" / contestant.module), orjson.dumps(told).decode()],
                cwd=settings.home,
                env=child_environment(),
                stdout=log,
                stderr=log,
            )
        try:
            return rate_of(child, settings, target, records)
        finally:
            _end(child)


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
def ground(endpoints: Endpoints, home: Path, pipeline: str = "payments") -> Iterator[Ground]:
    """A pipeline of its own."""
    name = f"b{uuid.uuid4().hex[:8]}"
    made = pipeline_named(name, ROOT / "pipelines" / pipeline)
    platform = Platform.create(endpoints, made, home / name, PARTITIONS)
    try:
        yield Ground(platform)
    finally:
        platform.close()


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


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(10)
