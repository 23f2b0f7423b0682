"""kill -9 at every fail-point of a service, one after the other, in one run with traffic."""

import signal
from collections.abc import Sequence
from random import Random

from services.chassis import failpoint
from services.chassis.store import Store
from services.contracts.topics import JOINED
from tests.chaos.stage import DATA_PLANE, PATIENCE, Instance, Stage, stage
from tests.chaos.world import Finding, Row, World, found
from tests.eventually import eventually
from tests.model import published

_LATEST = 4
_TORN = "produced:{n}:sleep=0.05,{point}:{n}:kill"
"""Gives the client time to send what it holds, so that the broker has a part of what never commits."""
_LATER = {
    "produced": "produce:{n}:sleep=0.05,produced:{n}:kill",
    "offsets": _TORN,
    "committing": _TORN,
    "committed": _TORN,
    "abort": "offsets:{n}:raise,abort:1:kill",
    "recycle": "committed:{n}:raise,recycle:1:kill",
    "doubt": "committed:{n}:raise,doubt:1:kill",
    "rewind": "offsets:{n}:raise,rewind:2:kill",
    "restore": "restore:1:kill",
    "replay": "replay:1:kill",
    "restored": "restored:1:kill",
    "revoke": "revoke:1:kill",
    "load": "load:2:kill",
    "loaded": "loaded:2:kill",
    "swapped": "swapped:2:kill",
}
"""How a point is reached; the others are passed again and again."""
_STATELESS = {"inference": {"replay"}}
"""What a service never passes."""


def points_of(service: str) -> list[str]:
    """The fail-points that a service, or stages that share a process, can pass."""
    points = [*failpoint.LOOP, *failpoint.TROUBLE, *(failpoint.MODEL if "inference" in service else ())]
    points.remove("replay")
    # a batch that was just committed isn't flushed yet: there is something to replay
    points.insert(points.index("committed") + 1, "replay")
    return [point for point in points if point not in _STATELESS.get(service, ())]


def plan_for(point: str, random: Random) -> str:
    """What the environment is to say so that a process dies at a point."""
    return _LATER.get(point, "{point}:{n}:kill").format(point=point, n=random.randint(2, _LATEST))


def kill_at_each(made: Stage, service: str, points: Sequence[str], seed: int) -> None:
    """Let a service die at each point in turn; its successor is the one that dies at the next."""
    random, instance = Random(seed), made[service]
    instance.signal(signal.SIGKILL)
    instance.ended()
    for point in points:
        instance.start(DRIFTMILL_FAILPOINT=plan_for(point, random))
        with _Occasion(made, instance, point):
            code = instance.ended()
        assert code == -signal.SIGKILL, f"{service} ended with {code} instead of dying at {point}"
        met = [one for one in instance.told("fail-point") if (one["point"], one["action"]) == (point, "kill")]
        made.hit(f"{service} at {point}", len(met))
    instance.start()


class _Occasion:
    """What has to happen beside, so that a point is passed at all."""

    def __init__(self, made: Stage, instance: Instance, point: str) -> None:
        self._made, self._instance, self._point = made, instance, point
        self._replica: Instance | None = None

    def __enter__(self) -> None:
        if self._point == "revoke":
            self._flowing()
            self._replica = Instance(self._made.platform, self._instance.service, 1, {})
            self._replica.start()
        elif self._point in failpoint.MODEL:
            self._flowing()
            release(self._made)

    def _flowing(self) -> None:
        told = len(self._instance.told("ready"))
        eventually(lambda: len(self._instance.told("ready")) > told, PATIENCE)

    def __exit__(self, *_: object) -> None:
        if self._replica is not None:
            self._replica.signal(signal.SIGKILL)
            self._replica.ended()


def release(made: Stage) -> None:
    """Publish another champion."""
    platform = made.platform
    made.released += 1
    value = published(
        platform.pipeline,
        Store(platform.settings.store_url),
        platform.settings.home / "keys",
        f"v{made.released}",
        made.released,
        seed=made.released,
    )
    platform.publish("models", "driftmill.ModelPublished", [("champion", value)])


def _row(name: str, says: str, victim: str, services: Sequence[str]) -> Row:
    def run(world: World) -> Finding:
        with stage(world.broker.endpoints, world.home, world.seed) as made:
            if "inference" in victim:
                release(made)
            made.start(services)
            made.traffic.start()
            made.flows()
            kill_at_each(made, victim, points_of(victim), world.seed)
            made.flows()
            return found(made)

    return Row(name, says, run)


_FUSED = JOINED.join(DATA_PLANE[:3])
ROWS = (
    *(
        _row(f"kill-{service}", f"kill -9 at every fail-point of {service}", service, DATA_PLANE)
        for service in DATA_PLANE
    ),
    _row("kill-fused", f"kill -9 at every fail-point of {_FUSED} in one process", _FUSED, (_FUSED, "outcomes")),
)
