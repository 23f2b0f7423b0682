"""The kernel's rows of one partition on the local disk, with the position that they stand for."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

from services.chassis.database import Database, TornState
from services.chassis.origin import Origin, Point
from services.contracts.entries import Entries
from services.kernel.rows import EntityRows

_POSITION = "backfill"


class StoredRows:
    """Rows that outlive the process; what is lost or of another origin is computed again from the beginning.

    position: what lies before it is in the entries. room: see `Entries`, which this is. rows: as they are now.
    """

    def __init__(
        self, folder: Path, origin: Origin, limit: int, room: int, load: Callable[[Entries], EntityRows]
    ) -> None:
        """limit: the position must not be behind it. Raises TransientError while another process has them, OSError."""
        self._origin, self.room = origin, room
        self._database = _found(folder, origin, limit) or Database.create(folder)
        self.rows = load(self)

    @property
    def position(self) -> int:
        point = self._database.point
        return point.positions[_POSITION] if point is not None else 0

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """The values of keys, None for one that isn't there. Raises TornState."""
        return self._database.get(keys)

    def items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All entries under a prefix. Raises TornState."""
        return self._database.items(prefix)

    def keep(self, position: int) -> None:
        """Write what changed. Raises OSError."""
        self._database.write(self.rows.changes(), Point(self._origin, {_POSITION: position}))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()


def _found(folder: Path, origin: Origin, limit: int) -> Database | None:
    try:
        database = Database.open(folder)
    except TornState:
        return None
    if database.point is not None and database.point.fits(origin, {_POSITION: limit}):
        return database
    database.close()
    return None
