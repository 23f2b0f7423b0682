"""Local state gets lost, torn, exchanged, or can't be written: it is made again from the log, or not used."""

import resource
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from tests.chaos.stage import PATIENCE, Stage, stage
from tests.chaos.world import Finding, Row, World, found

_STATEFUL = ("validation", "features", "outcomes")
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
    def run(world: World) -> Finding:
        with stage(world.broker.endpoints, world.home, world.seed) as made:
            made.start()
            made.traffic.start()
            made.flows(600, within=2 * PATIENCE)
            for service in [one for one in _STATEFUL if one in world.services]:
                made[service].signal(signal.SIGKILL)
                made[service].ended()
                made.hit(f"{service}: files {name}", spoil(folder_of(made, service)))
                made[service].start()
                made.flows()
            return found(made)

    return Row(f"state-{name}", says, run)


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
    Row("state-full", "the disk takes no byte more", full),
)
