"""The rows of one entity in a table: found, and taken out of it and out of its files."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from services.chassis import clock
from services.chassis.errors import TransientError
from services.kernel.tables import Ints
from services.lake.adapters.arrow_columns import integers
from services.lake.adapters.delta import WRITTEN

log = logging.getLogger(__name__)

_ATTEMPTS = 50
_RETRY_SECONDS = 0.1
_AT_ONCE = 5_000
"""Names in one statement."""


@dataclass(frozen=True)
class Reach:
    """How far rows are meant: by the number of their event, or where they have none by their offset in a partition."""

    end_seq: int
    ends: Mapping[int, int]


class EntityRows:
    """Rows in which a column has one of some values. reach: None for all of them.

    column: of the entity's key, or of the ids of its events.
    """

    def __init__(self, uri: str, column: str, values: Sequence[str], reach: Reach | None) -> None:
        self._table = DeltaTable(uri)
        names = self._table.to_pyarrow_dataset().schema.names
        self._column, self._values, self._reach = column, values, reach
        is_kept = "kafka_offset" in names
        self._place, self._at = ("kafka_partition", "kafka_offset") if is_kept else ("partition", "seq")
        self._has_seq = "seq" in names

    def find(self) -> dict[int, Ints]:
        """Offsets of the rows by partition, in order; seqs in a table that keeps no topic."""
        rows = self._rows([self._place, self._at])
        places, at = integers(rows[self._place]), integers(rows[self._at])
        return {int(number): at[places == number] for number in sorted(set(places.tolist()))}

    def events(self) -> list[str]:
        """Ids of the events in the rows."""
        found: list[str] = self._rows(["event_id", self._at])["event_id"].to_pylist()
        return found

    def _rows(self, columns: list[str]) -> Any:
        self._table.update_incremental()
        dataset, wanted = self._table.to_pyarrow_dataset(), list({*columns, self._column})
        # without threads: see LakeTable
        rows = dataset.to_table(columns=wanted, filter=self._reached(), use_threads=False)
        # only now: the reader can't look for texts in files from which rows were deleted
        return rows.filter(pc.field(self._column).isin(pa.array(self._values, pa.string()))).sort_by(self._at)

    def _reached(self) -> Any:
        if self._reach is None:
            return pc.scalar(True)
        before = pc.scalar(False)
        for number, end in self._reach.ends.items():
            before = before | ((pc.field(self._place) == number) & (pc.field(self._at) < end))
        if not self._has_seq:
            return before
        seq = pc.field("seq")
        return ((seq >= 0) & (seq < self._reach.end_seq)) | ((seq < 0) & before)

    def erase(self) -> None:
        """Take them out. Raises TransientError if others keep writing."""
        for start in range(0, len(self._values), _AT_ONCE):
            names = ", ".join(map(_quoted, self._values[start : start + _AT_ONCE]))
            self._delete(f"{self._column} IN ({names}) AND ({self._condition()})")

    def _condition(self) -> str:
        if self._reach is None:
            return "true"
        ends = [f"({self._place} = {number} AND {self._at} < {end})" for number, end in self._reach.ends.items()]
        before = " OR ".join(ends) or "false"
        if not self._has_seq:
            return before
        return f"(seq >= 0 AND seq < {self._reach.end_seq}) OR (seq < 0 AND ({before}))"

    def _delete(self, statement: str) -> None:
        nothing = self._table.to_pyarrow_dataset().schema.empty_table()
        for _ in range(_ATTEMPTS):
            try:
                self._table.update_incremental()
                # nothing in their place; `delete` would write texts that Arrow's reader can't look for
                write_deltalake(self._table, nothing, mode="overwrite", predicate=statement, writer_properties=WRITTEN)
            except CommitFailedError as error:
                log.info("erased again", extra={"table": self._table.table_uri, "why": str(error)})
                clock.sleep(_RETRY_SECONDS)
                continue
            return
        raise TransientError(f"{self._table.table_uri}: others write at the same time")

    def sweep(self) -> None:
        """Delete the files in which the rows stood, and others that don't count; those being written now stay."""
        self._table.update_incremental()
        self._table.vacuum(0, dry_run=False, enforce_retention_duration=False)


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))
