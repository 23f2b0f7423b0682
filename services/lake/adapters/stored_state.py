"""What was made of one partition's log, on the local disk, with the position that it stands for."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar

from services.chassis import failpoint
from services.chassis.database import Database, TornState
from services.chassis.origin import Origin, Point
from services.contracts.entries import Changes, Entries


class Telling(Protocol):
    """What tells what changes in it, see `services.chassis.step.State`."""

    def changes(self) -> Changes: ...


S = TypeVar("S", bound=Telling)


class StoredState(Generic[S]):
    """A state that outlives the process; what is lost or of another origin is made again from the beginning.

    position: what lies before it is in the entries. room: see `Entries`, which this is. state: as it is now.
    """

    def __init__(
        self, folder: Path, origin: Origin, topic: str, limit: int, room: int, load: Callable[[Entries], S]
    ) -> None:
        """topic: what the position is of. limit: the position must not be ahead of it.

        Raises TransientError while another process has it, OSError.
        """
        self._origin, self._topic, self.room = origin, topic, room
        self._database = _found(folder, origin, {topic: limit}) or Database.create(folder)
        self.state = load(self)

    @property
    def position(self) -> int:
        return self.point.positions[self._topic] if self.point is not None else 0

    @property
    def point(self) -> Point | None:
        """What the entries stand for, None before the first writing."""
        return self._database.point

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """The values of keys, None for one that isn't there. Raises TornState."""
        return self._database.get(keys)

    def items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All entries under a prefix. Raises TornState."""
        return self._database.items(prefix)

    def keep(self, position: int) -> None:
        """Write what changed. Raises OSError."""
        self._database.write(self.state.changes(), Point(self._origin, {self._topic: position}))
        failpoint.hit("kept")

    def checkpoint(self, folder: Path) -> None:
        """A copy of what is written, in another folder of the same disk. Raises OSError."""
        self._database.checkpoint(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()


def _found(folder: Path, origin: Origin, limits: dict[str, int]) -> Database | None:
    try:
        database = Database.open(folder)
    except TornState:
        return None
    if database.point is not None and database.point.fits(origin, limits):
        return database
    database.close()
    return None
