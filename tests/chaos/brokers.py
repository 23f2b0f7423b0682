"""The broker dies, restarts and freezes under the services."""

import os
import signal
import threading
from collections.abc import Callable

from services.broker.local import LocalBroker
from tests.chaos.stage import Stage, stage
from tests.chaos.world import Finding, Row, World, found

_FROZEN_SECONDS = 30.0
_STOP_SECONDS = 30.0
_PATIENCE = 180.0


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


ROWS = (
    _row("broker-killed", "kill -9 of the broker", killed, 2),
    _row("broker-restarted", "a clean restart of the broker", restarted, 2),
    _row("broker-frozen", "SIGSTOP of the broker for 30 s", frozen, 1),
)
