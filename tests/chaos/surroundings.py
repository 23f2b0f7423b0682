"""What stands around the services fails or changes: the schema registry, the group."""

import signal
import threading
from random import Random
from time import monotonic

from tests.chaos.restarts import add_replica
from tests.chaos.stage import PATIENCE, Stage, stage
from tests.chaos.world import Finding, Row, World, found
from tests.eventually import eventually

_STOP_SECONDS = 20.0
_STORM_SECONDS = 45.0
_REPLICAS = 3


def registry_down(world: World) -> Finding:
    """Services go on with what they know; those that start wait; nothing becomes a dead letter."""
    with stage(world.broker.endpoints, world.home, world.seed) as made:
        made.start()
        made.traffic.start()
        made.flows()
        letters = len(made.platform.read("deadletters.validation"))
        world.broker._pid_file("registry").stop(_STOP_SECONDS)
        try:
            made.flows()
            for service in world.services:
                told = len(waits(made, service))
                made[service].signal(signal.SIGTERM)
                made[service].ended()
                made[service].start()
                eventually(lambda: len(waits(made, service)) > told, PATIENCE)  # noqa: B023
                made.hit(f"{service} waited")
        finally:
            world.broker.up()
        made.flows()
        finding = found(made)
        made.hits["no dead letter for it"] = int(len(made.platform.read("deadletters.validation")) == letters)
        return finding


def waits(made: Stage, service: str) -> list[dict[str, object]]:
    """How often a service told that it waits for the registry."""
    return [one for one in made[service].told("waiting") if "schema registry" in str(one.get("why"))]


def storm(world: World) -> Finding:
    """Replicas of a service come, leave and die every two seconds."""
    random, service = Random(world.seed), world.services[len(world.services) // 2]
    with stage(world.broker.endpoints, world.home, world.seed, partitions=_REPLICAS) as made:
        made.start()
        made.traffic.start()
        made.flows()
        for ordinal in range(1, _REPLICAS):
            add_replica(made, service, ordinal)
        until = monotonic() + _STORM_SECONDS
        while monotonic() < until:
            instance = made[service, random.randrange(_REPLICAS)]
            instance.signal(random.choice([signal.SIGKILL, signal.SIGTERM]))
            instance.ended()
            made.hit(f"{service} replaced")
            instance.start()
            threading.Event().wait(2.0)
        made.flows()
        return found(made)


ROWS = (
    Row("registry-down", "the schema registry stops; services go on, or wait when they start", registry_down),
    Row("storm", "replicas join, leave and die every two seconds", storm),
)
