"""A local broker and schema registry, kept under one directory; any number of them live side by side."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from services.broker.apicurio import CONFLUENT_API, registry_server
from services.broker.artifacts import Manifest, read_manifest
from services.broker.cache import ArtifactCache
from services.broker.class_archive import ClassArchives
from services.broker.environment import cache_directory
from services.broker.errors import DiskFull, NoMemory
from services.broker.java import Java, find_java
from services.broker.kafka import kafka_server
from services.broker.lock import locked
from services.broker.pidfile import PidFile
from services.broker.ports import Ports, is_open, remembered_ports
from services.broker.progress import Progress, Report, silent
from services.broker.server import NEEDED_MEMORY, Server, Site
from services.broker.watch import start_watch

_LOCK_SECONDS = 900.0
_READY_SECONDS = 90.0
# generous: a first run writes its class archive when it ends
_STOP_SECONDS = 60.0
_NEEDED_DISK = 300_000_000
_NAMES = ("kafka", "registry")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where clients find the broker (`host:port`) and the registry (URL of Confluent's API)."""

    bootstrap: str
    schema_registry: str


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One of the two processes; `pid` is None when it doesn't run, `memory` is its resident set in bytes."""

    name: str
    address: str
    pid: int | None
    listening: bool
    memory: int


@dataclass(frozen=True, slots=True)
class Status:
    """Both processes, and the bytes their data take on disk."""

    servers: tuple[ServerStatus, ...]
    disk: int

    @property
    def up(self) -> bool:
        """Whether both processes run and listen."""
        return all(server.pid is not None and server.listening for server in self.servers)


@dataclass(slots=True)
class LocalBroker:
    """The broker and registry whose data live in `home/broker`.

    `detached`: they stay when this process ends. Otherwise they end with the process `owner` (default: this one), even
    if that one is killed. `report` is told what happens during a start.
    """

    home: Path
    detached: bool = True
    owner: int | None = None
    report: Report = silent
    cache: Path = field(default_factory=cache_directory)
    manifest: Manifest = field(default_factory=read_manifest)

    @property
    def endpoints(self) -> Endpoints:
        """Addresses, chosen at the first call and kept."""
        ports = self._ports
        return Endpoints(f"127.0.0.1:{ports.kafka}", f"http://127.0.0.1:{ports.registry}{CONFLUENT_API}")

    def up(self) -> Endpoints:
        """Starts what doesn't run and returns when both answer; the same addresses each time. Raises BrokerError."""
        with locked(self._directory / "lock", _LOCK_SECONDS):
            if not self.status().up:
                self._start()
            return self.endpoints

    def down(self, within: float = _STOP_SECONDS) -> None:
        """Stops both; their data stay. What has not ended `within` seconds is killed, which loses no data.

        The first stop on a machine takes some seconds more: Java writes what makes later starts fast.
        """
        with locked(self._directory / "lock", _LOCK_SECONDS):
            self._stop(within)

    def reset(self) -> None:
        """Stops both and deletes their data: all topics and schemas. The addresses stay."""
        with locked(self._directory / "lock", _LOCK_SECONDS):
            self._stop()
            for part in _NAMES:
                shutil.rmtree(self._directory / part, ignore_errors=True)

    def status(self) -> Status:
        """What runs, and what it takes."""
        ports = self._ports
        return Status(
            (
                _status_of("kafka", self._pid_file("kafka"), ports.kafka),
                _status_of("registry", self._pid_file("registry"), ports.registry),
            ),
            _size_of(self._directory),
        )

    def pending_bytes(self) -> int:
        """Bytes that a start would have to download first."""
        return ArtifactCache(self.cache).pending_bytes(self.manifest.kafka, self.manifest.registry)

    def _start(self) -> None:
        self._demand_resources()
        java = find_java()
        cache = ArtifactCache(self.cache, self.report)
        jars, app = cache.jars(self.manifest.kafka), cache.unpacked(self.manifest.registry)
        self.report(Progress("Starting the broker and the schema registry"))
        servers = self._servers(java, jars, app)
        try:
            for server in servers:
                server.start()
            if not self.detached:
                start_watch(self.owner or os.getpid(), self._pid_files)
            for server in servers:
                server.await_ready(_READY_SECONDS)
        except BaseException:
            self._stop()
            raise
        self.report(Progress("The broker and the schema registry are ready"))

    def _servers(self, java: Java, jars: Path, app: Path) -> tuple[Server, Server]:
        return registry_server(self._site("registry", java), app), kafka_server(self._site("kafka", java), jars)

    def _stop(self, within: float = _STOP_SECONDS) -> None:
        self.report(Progress("Stopping the broker and the schema registry"))
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._stop_one, _NAMES, [within] * len(_NAMES)))

    def _stop_one(self, name: str, within: float) -> None:
        if self._pid_file(name).stop(within):
            self._archives.keep(self._directory / name)

    def _site(self, name: str, java: Java) -> Site:
        remembered = self._directory / "ports.json"
        return Site(java, self._archives, self._directory / name, self._ports, remembered, self._pid_file(name))

    def _demand_resources(self) -> None:
        available = psutil.virtual_memory().available
        if available < NEEDED_MEMORY:
            raise NoMemory(NEEDED_MEMORY, available)
        free = shutil.disk_usage(self._directory).free
        if free < _NEEDED_DISK:
            raise DiskFull(str(self._directory), _NEEDED_DISK, free)

    @property
    def _directory(self) -> Path:
        return self.home.absolute() / "broker"

    @property
    def _archives(self) -> ClassArchives:
        return ClassArchives(self.cache / "classes")

    @property
    def _pid_files(self) -> Path:
        return self._directory / "running"

    @property
    def _ports(self) -> Ports:
        return remembered_ports(self._directory / "ports.json")

    def _pid_file(self, name: str) -> PidFile:
        return PidFile(self._pid_files / f"{name}.pid")


def _status_of(name: str, pid_file: PidFile, port: int) -> ServerStatus:
    process = pid_file.process()
    return ServerStatus(
        name=name,
        address=f"127.0.0.1:{port}",
        pid=process.pid if process else None,
        listening=process is not None and is_open(port),
        memory=process.memory_info().rss if process else 0,
    )


def _size_of(directory: Path) -> int:
    total = 0
    for path in directory.rglob("*"):
        # a running broker deletes files while we count
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
