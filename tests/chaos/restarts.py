"""Services that are stopped, killed, doubled and frozen."""

import signal
import threading

from tests.chaos.stage import PATIENCE, TWIN, Instance, Stage, stage
from tests.chaos.world import Finding, Row, World, found
from tests.eventually import eventually

_ROUNDS = 2
_REPLICAS = 3
_AWAKE_SECONDS = 20.0
_TAKEN_OVER_SECONDS = 15.0
"""A session of ten seconds is over, and a replica has had time to take the partitions over."""


def rolling(world: World) -> Finding:
    """SIGTERM to one service after the other, time and again: each finishes its batch, commits and leaves."""
    with stage(world.broker.endpoints, world.home, world.seed) as made:
        made.start()
        made.traffic.start()
        made.flows()
        for _ in range(_ROUNDS):
            for service in world.services:
                made[service].signal(signal.SIGTERM)
                code = made[service].ended()
                assert code == 0, f"{service} ended with {code}"
                made.hit(f"{service} stopped")
                made[service].start()
                made.flows(100)
        return found(made)


def rotation(world: World) -> Finding:
    """Three replicas of a service, each killed in turn."""
    with stage(world.broker.endpoints, world.home, world.seed, partitions=_REPLICAS) as made:
        made.start()
        made.traffic.start()
        made.flows()
        for service in world.services:
            for ordinal in range(1, _REPLICAS):
                add_replica(made, service, ordinal)
            made.flows()
            for ordinal in range(_REPLICAS):
                made[service, ordinal].signal(signal.SIGKILL)
                made[service, ordinal].ended()
                made.hit(f"{service} killed")
                made[service, ordinal].start()
                made.flows()
            for ordinal in range(1, _REPLICAS):
                made[service, ordinal].signal(signal.SIGTERM)
                made.instances.pop((service, ordinal)).ended()
        return found(made)


def add_replica(made: Stage, service: str, ordinal: int, **extra: str) -> Instance:
    """Another replica of a service, ready to work."""
    replica = made.instances[service, ordinal] = Instance(made.platform, service, ordinal, made[service].extra)
    told = len(replica.told("ready"))
    replica.start(**extra)
    eventually(lambda: made.revived() and len(replica.told("ready")) > told, PATIENCE)
    return replica


def twin(world: World) -> Finding:
    """A second process with the identity of a running one: one of them ends with 75, the other goes on."""
    with stage(world.broker.endpoints, world.home, world.seed) as made:
        made.start()
        made.traffic.start()
        made.flows()
        for service in world.services:
            first, second = made[service], Instance(made.platform, service, 0, {})
            second.start()
            eventually(lambda: any(_is_over(one) for one in (first, second)), PATIENCE)  # noqa: B023
            loser, winner = (first, second) if _is_over(first) else (second, first)
            code = loser.ended()
            assert code == TWIN, f"{service} ended with {code}"
            made.hit(f"{service} gave way")
            made.instances[service, 0] = winner
            made.flows()
            assert not _is_over(winner), f"both of {service} ended: {winner.ended()}"
        return found(made)


def _is_over(instance: Instance) -> bool:
    return instance.child is not None and instance.child.poll() is not None


def zombie(world: World, **extra: str) -> Finding:
    """A replica is frozen with a batch in its hands, another takes over, then it wakes up and wants to commit."""
    with stage(world.broker.endpoints, world.home, world.seed, partitions=_REPLICAS) as made:
        made.start(extra=extra)
        made.traffic.start()
        made.flows()
        for service in world.services:
            frozen = add_replica(made, service, 1, DRIFTMILL_FAILPOINT="decode:20:stop")
            met = eventually(lambda: frozen.told("fail-point"), PATIENCE)  # noqa: B023
            threading.Event().wait(_TAKEN_OVER_SECONDS)
            made.flows(50)
            frozen.signal(signal.SIGCONT)
            made.hit(f"{service} woken", len(met))
            threading.Event().wait(_AWAKE_SECONDS)
            made.hits[f"{service} refused"] += len(refusals(frozen)) + _is_over(frozen)
            made.flows()
            del made.instances[service, 1]
            frozen.signal(signal.SIGKILL)
            frozen.ended()
        return found(made)


def refusals(instance: Instance) -> list[dict[str, object]]:
    """How often an instance tells that its transaction was aborted."""
    return [one for one in instance.told("waiting") if "was aborted" in str(one.get("why"))]


ROWS = (
    Row("rolling", "SIGTERM to each service in turn, under load", rolling),
    Row("rotation", "kill -9 of three replicas of each service in rotation", rotation),
    Row("twin", "a second process with the same transactional.id", twin),
    Row("zombie", "a replica frozen in a batch until another has taken over", zombie),
)
