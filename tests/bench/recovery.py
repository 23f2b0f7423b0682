"""Recovery of the features hop after kill -9 with a million entities, while events keep coming."""

import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import Consumer, TopicPartition

from services.broker.environment import child_environment
from services.broker.local import Endpoints
from services.broker.ports import free_ports
from services.chassis import client, clock
from services.chassis.bounds import bounds
from tests.bench import cards
from tests.bench.ground import Ground, end, ground, say
from tests.bench.meter import Ends, seconds_of
from tests.bench.report import at_most
from tests.bench.upkeep import Upkeep, upkeep_of
from tests.eventually import eventually
from tests.platform import ROOT
from tests.programs import Program
from tests.results.page import table

ENTITIES, RATE = 1_000_000, 20_000
_MOST_ROUNDS = 3
_FLOW_SECONDS = 20.0
"""Between two kills: flushes and snapshots happen, and what came during the recovery before is worked off."""
_LIMIT_SECONDS = 120.0
_MOST = {"local": 5.0, "stored": 20.0}
_WORDS = {"local": "local state there", "stored": "only the store's snapshot"}


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """Seconds from SIGKILL to committed output of every partition by case, and what state cost in between."""
    with ground(endpoints, home, cards.PIPELINE) as there:
        there.fill("events", "driftmill.EventAccepted", cards.accepted(cards.each_once(ENTITIES)))
        scene = Scene(there)
        scene.loaded()
        with _paced(there):
            kinds = [kind for _ in range(min(rounds, _MOST_ROUNDS)) for kind in _MOST]
            kills = [scene.kill(kind) for kind in kinds]
        return {"kills": kills}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    kills = found["kills"]
    times = {kind: [kill["seconds"] for kill in kills if kill["kind"] == kind] for kind in _MOST}
    worked = {kind: statistics.median(kill["worked"] for kill in kills if kill["kind"] == kind) for kind in _MOST}
    costs = [Upkeep(**kill["upkeep"]) for kill in kills]
    recovery = table(
        ("SIGKILL to the next committed output of every partition", "median s", "at most", "longest s", "CPU s"),
        [
            (_WORDS[kind], at_most(statistics.median(its), most), most, f"{max(its):.2f}", f"{worked[kind]:.2f}")
            for (kind, its), most in zip(times.items(), _MOST.values(), strict=True)
        ],
    )
    whole = sum(cost.whole for cost in costs)
    parts = [f"{sum(cost[place] for cost in costs) / whole:.1%}" for place in range(1, 5)]
    share = at_most(100 * sum(cost.share * cost.whole for cost in costs) / whole, 10.0, 1)
    events = statistics.median(kill["per_second"] for kill in kills)
    return f"""## Recovery

The features hop with {ENTITIES:,} entities, rows of 568 bytes, all loaded once, then {RATE:,} events a second by
Zipf's law (1.1); kill -9 {_FLOW_SECONDS:.0f} s after the recovery before, {len(kills)} times. In between it wrote
{events:,.0f} vectors a second.

{recovery}

Keeping state took {share} % of the hop's CPU (at most 10): copying what changed {parts[0]}, writing {parts[1]},
snapshots {parts[2]}, merging files {parts[3]}."""


class Scene:
    """The features service under a steady flow."""

    def __init__(self, there: Ground) -> None:
        self._platform = there.platform
        self._settings = there.platform.settings
        self._topic = self._settings.topic("features")
        self._port, self._child = self._started()

    def loaded(self) -> None:
        """Wait until every entity was seen."""
        ends = Ends(self._settings, self._topic)
        try:
            eventually(lambda: self._child.poll() is not None or ends.total() >= ENTITIES, 300.0)
        finally:
            ends.close()
        assert self._child.poll() is None, "features ended"
        eventually(lambda: any((self._settings.home / "store" / "state").rglob("*.json")), 60.0)

    def kill(self, kind: str) -> dict[str, Any]:
        """Let it work, then kill it. kind: `local`, or `stored` for a start without local state."""
        upkeep, per_second = self._flow()
        consumer = self._reader()
        try:
            self._platform.kill(self._child)
            killed, since = clock.now_us(), clock.monotonic()
            if kind == "stored":
                shutil.rmtree(self._settings.state_dir)
            self._port, self._child = self._started()
            _await_each(consumer, set(range(self._settings.partitions)), killed // 1_000)
            seconds, worked = clock.monotonic() - since, seconds_of(psutil.Process(self._child.pid))
        finally:
            consumer.close()
        say(f"{kind} {seconds:.2f} s, {worked:.2f} s of CPU; {per_second:,.0f}/s, state took {upkeep.share:.1%}")
        times = {"seconds": seconds, "worked": worked, "per_second": per_second}
        return times | {"kind": kind, "upkeep": upkeep._asdict()}

    def _started(self) -> tuple[int, Program]:
        (port,) = free_ports(1)
        return port, self._platform.start("features", DRIFTMILL_HTTP_PORT=str(port))

    def _flow(self) -> tuple[Upkeep, float]:
        """What state cost in a while, and the vectors written a second."""
        ends, before, since = Ends(self._settings, self._topic), self._upkeep(), clock.monotonic()
        try:
            first = ends.total()
            eventually(lambda: clock.monotonic() - since > _FLOW_SECONDS, _FLOW_SECONDS + 10)
            return self._upkeep().since(before), (ends.total() - first) / (clock.monotonic() - since)
        finally:
            ends.close()

    def _upkeep(self) -> Upkeep:
        return upkeep_of(self._child.pid, self._port)

    def _reader(self) -> Consumer:
        consumer = Consumer(client.plain_consumer(self._settings))
        places = [
            TopicPartition(self._topic, number, bounds(consumer, self._topic, number)[1])
            for number in range(self._settings.partitions)
        ]
        consumer.assign(places)
        return consumer


def _await_each(consumer: Consumer, missing: set[int], after_ms: int) -> None:
    """Wait until each partition holds a committed record that was appended later."""
    deadline = clock.monotonic() + _LIMIT_SECONDS
    while missing:
        assert clock.monotonic() < deadline, f"no output of partitions {missing} within {_LIMIT_SECONDS} s"
        for message in consumer.consume(1_000, 0.02):
            if message.error() is None and message.timestamp()[1] > after_ms:
                missing.discard(message.partition() or 0)


@contextmanager
def _paced(there: Ground) -> Iterator[None]:
    """Events come as long as this lasts."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.pace", str(RATE), str(ENTITIES)],
        cwd=ROOT,
        env=child_environment(there.platform.environment()),
    )
    try:
        yield
    finally:
        end(child)
