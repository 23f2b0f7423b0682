"""The entries of one partition that is worked on: written behind the loop, read as if they were written at once."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path

from services.chassis.database import Database
from services.chassis.errors import Refused
from services.chassis.metrics import Metrics
from services.chassis.origin import Point
from services.contracts.entries import Changes

log = logging.getLogger(__name__)

_MOST_UNWRITTEN = 200_000


class Kept:
    """What a step's state reads from (`Entries`) and what its changes go to.

    room: see `Entries`. point: what is written stands for it, None before the first write.
    """

    def __init__(self, database: Database, room: int, writer: Executor, metrics: Metrics) -> None:
        self._database, self._writer, self._metrics = database, writer, metrics
        self.room = room
        self._unwritten: Changes = {}
        self._writing: Future[None] | None = None
        self._failure = ""

    @property
    def point(self) -> Point | None:
        return self._database.point

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """The values of keys, None for one that isn't there. Raises TornState."""
        unwritten = self._unwritten
        found = self._database.get(keys)
        if not unwritten:
            return found
        return [unwritten.get(key, value) for key, value in zip(keys, found, strict=True)]

    def items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All entries under a prefix, in the order of their keys. Raises TornState."""
        unwritten = {key: value for key, value in self._unwritten.items() if key.startswith(prefix)}
        found = self._database.items(prefix)
        if not unwritten:
            return found
        merged: dict[bytes, bytes | None] = {**dict(found), **unwritten}
        return iter(sorted((key, value) for key, value in merged.items() if value is not None))

    def keep(self, changes: Changes, point: Point) -> None:
        """Take over what a state told; it is written soon. Raises Refused if that has failed for too long."""
        self.settle()
        self._unwritten = {**self._unwritten, **changes} if self._unwritten else changes
        if self._failure and len(self._unwritten) > _MOST_UNWRITTEN:
            raise Refused(
                f"State can't be written: {self._failure}. Nothing is lost. Make room, or let DRIFTMILL_STATE name a "
                "folder on another disk; then start again."
            )
        self._writing = self._writer.submit(self._write, point)

    def checkpoint(self, folder: Path) -> Point | None:
        """A copy of what is written, and its point; to be called in the writer's thread. Raises OSError."""
        self._database.checkpoint(folder)
        return self._database.point

    def settle(self) -> None:
        """Wait until nothing is being written."""
        if self._writing is not None:
            self._writing.result()

    def close(self) -> None:
        """Write to the end and let go of the database."""
        self._writer.submit(self._database.close).result()

    def _write(self, point: Point) -> None:
        try:
            with self._metrics.state_work("write"):
                self._database.write(self._unwritten, point)
        except OSError as error:
            if not self._failure:
                log.error("state not written; tried again later", extra={"why": str(error)})
            self._failure = str(error)
        else:
            self._unwritten, self._failure = {}, ""
