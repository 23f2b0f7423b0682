"""Where a fault happens: a pipeline with traffic, its services under supervision, and the checker at the end."""

import os
import signal
import subprocess
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from types import MappingProxyType

import orjson

from services.broker.local import Endpoints
from services.cli.domain.invariant import Invariant
from services.cli.verification import Verification
from services.contracts.topics import JOINED
from tests.chaos.pulse import Pulse
from tests.chaos.traffic import Traffic
from tests.e2e.stream import Raw, orders_and_returns
from tests.eventually import eventually
from tests.platform import SMALL, Platform, pipeline_named
from tests.programs import Program

DATA_PLANE = ("validation", "features", "inference", "outcomes")
SMALL_BATCHES = {"DRIFTMILL_BATCH_RECORDS": "20", "DRIFTMILL_FLUSH_SECONDS": "1"}
"""So that much time is spent in transactions, and state is written often enough for faults to meet it."""
PATIENCE = 90.0
TWIN = 75
_SURVIVED = {-signal.SIGKILL, TWIN}
"""Ends after which a supervisor's new process must be able to go on."""


@dataclass
class Instance:
    """One service process and its successors. ends: how each of them ended."""

    platform: Platform
    service: str
    ordinal: int
    extra: Mapping[str, str]
    ends: list[int] = field(default_factory=list)
    child: Program | None = None

    def start(self, **extra: str) -> None:
        """A process, with more of an environment than the usual."""
        self.child = self.platform.start(self.service, self.ordinal, **{**SMALL_BATCHES, **self.extra, **extra})

    @property
    def log(self) -> Path:
        """What all its processes have written."""
        return self.platform.settings.home / f"{self.service}-{self.ordinal}.log"

    @property
    def pid(self) -> int:
        """Of the present process."""
        assert self.child is not None
        return self.child.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def ended(self, within: float = PATIENCE) -> int:
        """Wait for its end and tell the exit code."""
        assert self.child is not None
        try:
            self.ends.append(self.child.wait(within))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.service} has not ended within {within:g} s: {_tail(self.log)}") from None
        return self.ends[-1]

    def revive(self) -> bool:
        """Start it again if it has ended, as a supervisor would; whether it had."""
        assert self.child is not None
        code = self.child.poll()
        if code is None:
            return False
        self.ends.append(code)
        assert code in _SURVIVED, f"{self.service} ended with {code}: {_tail(self.log)}"
        self.start()
        return True

    def told(self, message: str) -> list[dict[str, object]]:
        """Lines of its log with a message."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        found = [orjson.loads(line) for line in lines if line.startswith("{") and message in line]
        return [line for line in found if line.get("message") == message]


@dataclass
class Stage:
    """One row's pipeline. hits: what the fault met; a fault that met nothing proves nothing."""

    platform: Platform
    traffic: Traffic
    pulse: Pulse
    hits: Counter[str] = field(default_factory=Counter)
    instances: dict[tuple[str, int], Instance] = field(default_factory=dict)
    recoveries: list[float] = field(default_factory=list)
    released: int = 0
    _faults: list[float] = field(default_factory=list)

    def start(self, services: Iterable[str] = DATA_PLANE, extra: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start services. extra: of their environment."""
        for service in services:
            self.instances[service, 0] = Instance(self.platform, service, 0, extra)
            self.instances[service, 0].start()

    def __getitem__(self, name: str | tuple[str, int]) -> Instance:
        return self.instances[(name, 0) if isinstance(name, str) else name]

    def flows(self, more: int = 200, within: float = PATIENCE) -> None:
        """Wait until so many more records of predictions are committed."""
        before = self.pulse.size
        eventually(lambda: self.revived() and self.pulse.size >= before + more, within)

    def revived(self) -> bool:
        """Start again whatever has ended; always true."""
        for instance in self.instances.values():
            instance.revive()
        return True

    def hit(self, what: str, count: int = 1) -> None:
        """The fault met something, just now."""
        self.hits[what] += count
        self._faults.append(monotonic())

    def finish(self) -> list[Invariant]:
        """Let everything come to rest, and check it."""
        self.traffic.finish()
        self.drain()
        self.recoveries = [found for at in self._faults if (found := self.pulse.recovery(at)) is not None]
        return self.checked()

    def drain(self) -> None:
        """Wait until all services have worked off their input."""
        stages = self.platform.pipeline.resolved.stages
        services = {stage for service, _ in self.instances for stage in service.split(JOINED)}
        for service in ("validation", *stages, "inference", "outcomes"):
            if service in services:
                self._drained(service)

    def _drained(self, service: str) -> None:
        def is_drained() -> bool:
            self.revived()
            try:
                self.platform.drained(service, within=5)
            except BaseException as error:
                if "not true within" in str(error):
                    return False
                raise
            return True

        eventually(is_drained, 2 * PATIENCE)

    def checked(self) -> list[Invariant]:
        """What the checker finds."""
        platform = self.platform
        found = Verification(platform.settings, platform.pipeline, platform.codec, lambda _topic, _count: None).run()
        return found.all()

    def close(self) -> None:
        """End everything."""
        self.traffic.stop()
        self.platform.close()
        self.pulse.close()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1_200:]


@contextmanager
def stage(
    endpoints: Endpoints,
    home: Path,
    seed: int = 1,
    orders: int = 30_000,
    rate: float = 120.0,
    partitions: int = 2,
    directory: Path = SMALL,
    dress: Callable[[Raw], Raw] = lambda raw: raw,
    replication: int = 1,
) -> Iterator[Stage]:
    """A pipeline of its own with traffic. directory: of its files; dress: makes records of the stream fit them."""
    name = f"c{uuid.uuid4().hex[:10]}"
    platform = Platform.create(endpoints, pipeline_named(name, directory), home / name, partitions, replication)
    stream = orders_and_returns(orders, seed, partitions)
    raws = [dress(raw) for raw in stream.interleaved()]
    made = Stage(platform, Traffic(platform, raws, stream.end, rate), Pulse(platform, "predictions"))
    try:
        yield made
    finally:
        made.close()
