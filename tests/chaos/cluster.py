"""Three brokers that keep every record three times, so that work goes on when one of them dies."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import orjson
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import TopicMetadata

from services.broker import kafka
from services.broker.artifacts import INFRA, read_manifest
from services.broker.cache import ArtifactCache
from services.broker.class_archive import ClassArchives
from services.broker.environment import cache_directory
from services.broker.java import Java, find_java
from services.broker.pidfile import PidFile
from services.broker.ports import Ports, free_ports, is_open
from services.broker.server import Server, Site
from services.broker.watch import start_watch
from tests.eventually import eventually

NODES = (1, 2, 3)
_CLUSTER_ID = "DthreeBrokersTogether0"
_START_SECONDS = 90.0
_STOP_SECONDS = 20.0
_ANSWER_SECONDS = 5.0
_MORE = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
}


class Cluster:
    """Brokers that are controllers as well, by number."""

    def __init__(self, home: Path) -> None:
        self._home, self._running = home, home / "running"
        free = free_ports(2 * len(NODES))
        pairs = zip(NODES, free[: len(NODES)], free[len(NODES) :], strict=True)
        self._ports = {number: Ports(port, controller, 0) for number, port, controller in pairs}
        java, jars = find_java(), ArtifactCache(cache_directory()).jars(read_manifest().kafka)
        self._servers = {number: self._server(number, java, jars) for number in NODES}

    @property
    def bootstrap(self) -> str:
        """Addresses of all."""
        return ",".join(f"127.0.0.1:{ports.kafka}" for ports in self._ports.values())

    def up(self) -> None:
        """All run, and know each other."""
        for server in self._servers.values():
            server.start()
        start_watch(os.getpid(), self._running)
        self.await_whole()

    def start(self, number: int) -> None:
        """A broker that was killed comes back."""
        self._servers[number].start()

    def kill(self, number: int) -> None:
        """kill -9."""
        pid_file = self._servers[number].site.pid_file
        process = pid_file.process()
        assert process is not None, f"broker {number} doesn't run"
        os.kill(process.pid, signal.SIGKILL)
        pid_file.stop(_STOP_SECONDS)

    def await_whole(self) -> None:
        """Every broker has caught up with all it keeps."""
        for server in self._servers.values():
            server.await_ready(_START_SECONDS)
        eventually(self._is_whole, _START_SECONDS)

    def leader_of(self, topic: str, partition: int) -> int:
        """Who leads a partition."""
        return self._told()[topic].partitions[partition].leader

    def coordinator_of(self, transactional_id: str) -> int:
        """Who coordinates a producer's transactions: the leader of the partition that its id hashes to."""
        partitions = self._told()["__transaction_state"].partitions
        return partitions[(_java_hash(transactional_id) & 0x7FFFFFFF) % len(partitions)].leader

    def controller(self) -> int:
        """Who leads the quorum, as the latest of the brokers' own records says."""
        files = self._home.glob("*/data/__cluster_metadata-0/quorum-state")
        told = [orjson.loads(path.read_bytes()) for path in files]
        return int(max(told, key=lambda one: one["leaderEpoch"])["leaderId"])

    def down(self) -> None:
        """End all."""
        for server in self._servers.values():
            server.site.pid_file.stop(_STOP_SECONDS)

    def _told(self) -> dict[str, TopicMetadata]:
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        return admin.list_topics(timeout=_ANSWER_SECONDS).topics

    def _is_whole(self) -> bool:
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        told = admin.list_topics(timeout=_ANSWER_SECONDS)
        kept = [one.isrs for topic in told.topics.values() for one in topic.partitions.values()]
        return len(told.brokers) == len(NODES) and all(len(isrs) == len(NODES) for isrs in kept)

    def _server(self, number: int, java: Java, jars: Path) -> Server:
        directory, archives = self._home / f"node-{number}", ClassArchives(cache_directory() / "classes")
        pid_file = PidFile(self._running / f"node-{number}.pid")
        site = Site(java, archives, directory, self._ports[number], directory / "ports.json", pid_file)
        infra = self._home / f"infra-{number}"
        shutil.copytree(INFRA, infra)
        (infra / "server.properties").write_text(self._properties(number))
        with patch.object(kafka, "INFRA", infra), patch.object(kafka, "_cluster_id", lambda: _CLUSTER_ID):
            server = kafka.kafka_server(site, jars)
        return replace(server, is_ready=lambda: is_open(site.ports.kafka))

    def _properties(self, number: int) -> str:
        voters = ",".join(f"{node}@127.0.0.1:{ports.controller}" for node, ports in self._ports.items())
        mine = _MORE | {"node.id": str(number), "controller.quorum.voters": voters}
        lines = (INFRA / "server.properties").read_text().splitlines()
        names = [line.partition("=")[0] for line in lines]
        assert set(mine) <= set(names)
        changed = [f"{name}={mine[name]}" if name in mine else line for name, line in zip(names, lines, strict=True)]
        return "\n".join(changed) + "\n"


def _java_hash(text: str) -> int:
    """`String.hashCode` of ASCII text, as 32 bits without a sign."""
    value = 0
    for byte in text.encode("ascii"):
        value = (31 * value + byte) & 0xFFFFFFFF
    return value


@contextmanager
def cluster(home: Path) -> Iterator[Cluster]:
    """Three running brokers under a directory."""
    made = Cluster(home)
    try:
        made.up()
        yield made
    finally:
        made.down()
