"""State, on the disk or in the store, gets lost, torn, exchanged, or can't be written: it is made again."""

import resource
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from services.chassis.snapshots import stored_under
from tests.chaos.stage import PATIENCE, Stage, stage
from tests.chaos.world import Finding, Row, World, found

_STATEFUL = ("validation", "features", "outcomes")
_SNAPSHOTS_SOON = {"DRIFTMILL_REPLAY_SECONDS": "0.01"}
_UNLIMITED = resource.RLIM_INFINITY


def folder_of(made: Stage, service: str) -> Path:
    """Where a service keeps its state."""
    settings = made.platform.settings
    return settings.state_dir / settings.pipeline / f"{service}-0"


def files_in(folder: Path) -> list[Path]:
    """All regular files."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def delete(folder: Path) -> int:
    """All of it."""
    count = len(files_in(folder))
    shutil.rmtree(folder)
    return count


def tear(folder: Path) -> int:
    """Only the first half of each file is left."""
    files = [path for path in files_in(folder) if path.stat().st_size]
    for path in files:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return len(files)


def swap(folder: Path) -> int:
    """The state of one partition in the place of the other's."""
    places = {path.name[0]: path for path in folder.iterdir() if path.name[0].isdigit()}
    if len(places) != 2:
        return 0
    one, other = places.values()
    aside = folder / "aside"
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
    return 2


def _row(name: str, says: str, spoil: Callable[[Path], int]) -> Row:
    return Row(f"state-{name}", says, lambda world: _spoilt(world, name, lambda made, one: spoil(folder_of(made, one))))


def _stored_row(name: str, says: str, spoil: Callable[[Path], int]) -> Row:
    """As `_row`, for the snapshots in the store, which is all that is left once the local state is gone."""

    def spoil_stored(made: Stage, service: str) -> int:
        delete(folder_of(made, service))
        settings = made.platform.settings
        return spoil(settings.home / "store" / stored_under(settings.pipeline, service))

    return Row(f"snapshots-{name}", says, lambda world: _spoilt(world, name, spoil_stored))


def _spoilt(world: World, name: str, spoil: Callable[[Stage, str], int]) -> Finding:
    with stage(world.broker.endpoints, world.home, world.seed) as made:
        made.start(extra=_SNAPSHOTS_SOON)
        made.traffic.start()
        made.flows(600, within=2 * PATIENCE)
        for service in [one for one in _STATEFUL if one in world.services]:
            made[service].signal(signal.SIGKILL)
            made[service].ended()
            made.hit(f"{service}: files {name}", spoil(made, service))
            made[service].start()
            made.flows()
        return found(made)


def full(world: World) -> Finding:
    """No service can write a byte to any file for a while, then each is killed and starts from what it had."""
    with stage(world.broker.endpoints, world.home, world.seed) as made:
        made.start()
        made.traffic.start()
        made.flows(500)
        services = [one for one in _STATEFUL if one in world.services]
        before = {service: newest(made, service) for service in services}
        for service in services:
            resource.prlimit(made[service].pid, resource.RLIMIT_FSIZE, (0, _UNLIMITED))
        settled = {service: newest(made, service) for service in services}
        made.flows(600, within=2 * PATIENCE)
        for service in services:
            assert settled[service] >= before[service]
            made.hit(f"{service} could write nothing", int(newest(made, service) == settled[service]))
            made[service].signal(signal.SIGKILL)
            made[service].ended()
            made[service].start()
        made.flows()
        return found(made)


def newest(made: Stage, service: str) -> float:
    """When a service last wrote something of its state."""
    return max((path.stat().st_mtime for path in files_in(folder_of(made, service)) if path.exists()), default=0.0)


ROWS = (
    _row("deleted", "local state is deleted", delete),
    _row("torn", "half of each file of local state is gone", tear),
    _row("swapped", "the states of two partitions are exchanged", swap),
    _stored_row("deleted", "local state and all snapshots are deleted", delete),
    _stored_row("torn", "local state is deleted, and half of each file of the snapshots is gone", tear),
    _stored_row("swapped", "local state is deleted, and the snapshots of two partitions are exchanged", swap),
    Row("state-full", "the disk takes no byte more", full),
)
