"""What is done to tables now and then: rows past their time go, small files become one, files that don't count go.

A table a call, so that nothing waits for long. Rows that are not past their time stay the same, with their offsets.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

from deltalake.exceptions import CommitFailedError

from services.lake.adapters.delta import AppendOnlyTable
from services.lake.adapters.removals import Removals
from services.lake.domain.removal import EXPIRED, Removal
from services.lake.domain.table import Table

log = logging.getLogger(__name__)

_SOON = 3600.0
"""Seconds after the start at the latest, for those that are started again every day."""

Expired = Callable[[Table, Mapping[int, int]], None]
"""Told, before rows go, up to which offset of each partition a table has none any more."""


class Upkeep:
    """Looks after tables. every: seconds between two rounds, 0 for none. unread: hours after which nobody reads a file
    that was replaced. keep: microseconds for which rows about entities are kept, None for ever."""

    def __init__(
        self,
        tables: Mapping[Table, AppendOnlyTable],
        removals: Removals,
        every: float,
        unread: int,
        keep: int | None,
        expired: Expired,
    ) -> None:
        self._tables, self._removals, self._expired = tables, removals, expired
        self._every, self._unread, self._keep = every, unread, keep
        self._next: float | None = None
        self._waiting: list[Table] = []

    def turn(self, now: float, wall: int) -> None:
        """Look after the next table, if it is time. now: monotonic seconds. wall: microseconds since 1970."""
        if not self._every:
            return
        if self._next is None:
            self._next = now + min(self._every, _SOON)
        if now >= self._next and not self._waiting:
            self._next, self._waiting = now + self._every, list(self._tables)
        if self._waiting:
            self.look_after(self._waiting.pop(), wall)

    def look_after(self, table: Table, wall: int) -> None:
        """All that is due of a table; what somebody else's commit prevents is done the next time."""
        delta = self._tables[table]
        try:
            if self._keep is not None and table.about_entities:
                self._expire(table, delta, _day(wall - self._keep), wall)
            delta.compact()
            deleted = delta.vacuum(self._unread)
        except CommitFailedError as error:
            log.info("not looked after this time", extra={"table": table.name, "why": str(error)})
        else:
            log.info("looked after", extra={"table": table.name, "deleted": deleted})

    def _expire(self, table: Table, delta: AppendOnlyTable, day: date, wall: int) -> None:
        past = delta.before(day)
        if not past:
            return
        name = f"{EXPIRED} before {day.isoformat()}"
        self._removals.add(
            [Removal(name, EXPIRED, table.name, number, 0, end, rows, wall) for number, (end, rows) in past.items()]
        )
        self._expired(table, {number: end for number, (end, _) in past.items()})
        delta.delete_before(day)
        log.info("rows past their time are gone", extra={"table": table.name, "before": day.isoformat()})


def _day(time: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)).date()
