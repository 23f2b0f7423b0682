"""The broker dies, restarts and freezes under the services; of three brokers, the one that matters most dies."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.broker.local import Endpoints, LocalBroker
from tests.chaos.cluster import NODES, Cluster, cluster
from tests.chaos.stage import Stage, stage
from tests.chaos.world import Finding, Row, World, found

_FROZEN_SECONDS = 30.0
_STOP_SECONDS = 30.0
_PATIENCE = 180.0
_CHASES = 5
_MINORITY_SECONDS = 30.0


def kafka_pid(broker: LocalBroker) -> int:
    """Of the broker's Java process."""
    process = broker._pid_file("kafka").process()
    assert process is not None
    return process.pid


def killed(broker: LocalBroker) -> None:
    """kill -9, and a start at once."""
    os.kill(kafka_pid(broker), signal.SIGKILL)
    broker._pid_file("kafka").stop(_STOP_SECONDS)
    broker.up()


def restarted(broker: LocalBroker) -> None:
    """A clean stop and a start."""
    broker._pid_file("kafka").stop(_STOP_SECONDS)
    broker.up()


def frozen(broker: LocalBroker) -> None:
    """SIGSTOP for longer than any transaction or session may last."""
    pid = kafka_pid(broker)
    os.kill(pid, signal.SIGSTOP)
    try:
        threading.Event().wait(_FROZEN_SECONDS)
    finally:
        os.kill(pid, signal.SIGCONT)


def _row(name: str, says: str, fault: Callable[[LocalBroker], None], times: int) -> Row:
    def run(world: World) -> Finding:
        with stage(world.broker.endpoints, world.home, world.seed) as made:
            made.start()
            made.traffic.start()
            made.flows()
            for _ in range(times):
                fault(world.broker)
                made.hit(name)
                made.flows(within=_PATIENCE)
            return found(made, **restarts(made))

    return Row(name, says, run)


def restarts(made: Stage) -> dict[str, int]:
    """How many processes had to be started again."""
    return {"processes restarted": sum(len(instance.ends) for instance in made.instances.values())}


def leader(brokers: Cluster, made: Stage) -> int:
    """Who leads a partition of the predictions."""
    return brokers.leader_of(made.platform.settings.topic("predictions"), 0)


def coordinator(brokers: Cluster, made: Stage) -> int:
    """Who coordinates the transactions of inference."""
    return brokers.coordinator_of(f"{made.platform.pipeline.name}.inference-0")


def controller(brokers: Cluster, made: Stage) -> int:
    """Who leads the quorum of controllers."""
    del made
    return brokers.controller()


def _chase(name: str, says: str, victim: Callable[[Cluster, Stage], int]) -> Row:
    def run(world: World) -> Finding:
        with _three(world) as (brokers, made):
            for _ in range(_CHASES):
                number = victim(brokers, made)
                brokers.kill(number)
                made.hit(name)
                made.flows(within=_PATIENCE)
                brokers.start(number)
                brokers.await_whole()
            return found(made, **restarts(made))

    return Row(name, says, run)


def minority(world: World) -> Finding:
    """Two of three brokers are gone for a while: what nobody else keeps isn't taken, and nothing is lost."""
    with _three(world) as (brokers, made):
        number = leader(brokers, made)
        gone = [number, next(other for other in NODES if other != number)]
        for one in gone:
            brokers.kill(one)
        made.hit("two-down")
        threading.Event().wait(_MINORITY_SECONDS)
        for one in gone:
            brokers.start(one)
        brokers.await_whole()
        made.flows(within=_PATIENCE)
        return found(made, **restarts(made))


@contextmanager
def _three(world: World) -> Iterator[tuple[Cluster, Stage]]:
    """Services under traffic on three brokers."""
    with cluster(world.home / "cluster") as brokers:
        endpoints = Endpoints(brokers.bootstrap, world.broker.endpoints.schema_registry)
        with stage(endpoints, world.home, world.seed, replication=len(NODES)) as made:
            made.start()
            made.traffic.start()
            made.flows()
            yield brokers, made


ROWS = (
    _row("broker-killed", "kill -9 of the broker", killed, 2),
    _row("broker-restarted", "a clean restart of the broker", restarted, 2),
    _row("broker-frozen", "SIGSTOP of the broker for 30 s", frozen, 1),
    _chase("leader-killed", "kill -9 of a partition's leader, five times, of three brokers", leader),
    _chase("coordinator-killed", "kill -9 of the transaction coordinator, five times, of three brokers", coordinator),
    _chase("controller-killed", "kill -9 of the active controller, five times, of three brokers", controller),
    Row("two-down", "two of three brokers are gone for 30 s", minority),
)
