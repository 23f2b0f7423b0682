"""One of the lake's tables, read by the offsets of its records."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from services.chassis.errors import Refused
from services.kernel.tables import Ints
from services.lake.adapters.arrow_columns import constant, integers
from services.lake.adapters.delta import application


class Range(NamedTuple):
    """Offsets of a partition."""

    partition: int
    start: int
    end: int


class LakeTable:
    """One of the lake's tables as it was when it was opened.

    What a program may read last is read without threads: with them, one process in seven that ended right after was
    aborted by Arrow, its work done.
    """

    def __init__(self, uri: str, name: str) -> None:
        self._name = name
        try:
            self._delta = DeltaTable(uri)
        except TableNotFoundError as error:
            raise Refused(f"There is no table {uri}: the lake hasn't kept this pipeline's log yet.") from error
        self._rows = self._delta.to_pyarrow_dataset()
        names = self._rows.schema.names
        self._payload = {field.name for field in self._rows.schema.field("payload").type} if "payload" in names else ()

    def noted(self, source: str, partition: int) -> int:
        """The offset after the last record of a partition that the table holds or has passed."""
        return self._delta.transaction_version(application(self._name, source, partition)) or 0

    def between(self, which: Range, columns: list[str], fields: Mapping[str, Any], also: Any = None) -> Any:
        """Rows by offset, with offset, key, some columns, and fields of the payload, each with its default.

        also: what must hold of these columns.
        """
        chosen = _chosen(which)
        read = {name: pc.field(name) for name in ("kafka_offset", "kafka_key", *columns)}
        read |= {payload_column(name): pc.field("payload", name) for name in fields if name in self._payload}
        table = _in_order(self._rows.to_table(columns=read, filter=chosen))
        if also is not None:
            # only now: the reader can't look for texts in files from which rows were deleted
            table = table.filter(also)
        for name, default in fields.items():
            if name not in self._payload:
                # written before the schema had it
                table = table.append_column(payload_column(name), constant(default, len(table)))
        return table

    def times(self, which: Range) -> tuple[Ints, Ints]:
        """Offsets of events, in order, and their times in microseconds."""
        table = _in_order(self._rows.to_table(columns=["kafka_offset", "event_time"], filter=_chosen(which)))
        return integers(table["kafka_offset"]), integers(table["event_time"])

    def by_seq(self, first: int, last: int, columns: Sequence[str], partition: int | None = None) -> Any:
        """Rows of events by their numbers, of one partition or of all; columns that aren't there yet are null."""
        chosen = (pc.field("seq") >= first) & (pc.field("seq") <= last)
        if partition is not None:
            chosen &= pc.field("kafka_partition") == partition
        there = [name for name in columns if name in self._rows.schema.names]
        table = self._rows.to_table(columns=there, filter=chosen, use_threads=False)
        for name in columns:
            if name not in there:
                table = table.append_column(name, pa.nulls(len(table)))
        return table

    def whole_rows(self, which: Range) -> Any:
        """Rows by offset, with all columns."""
        return _in_order(self._rows.to_table(filter=_chosen(which), use_threads=False))

    def numbers(self, partition: int) -> tuple[Ints, Ints]:
        """Offsets of all rows of a partition, in order, and their seqs, of which there are none in some tables."""
        columns = [name for name in ("kafka_offset", "seq") if name in self._rows.schema.names]
        chosen = pc.field("kafka_partition") == partition
        table = _in_order(self._rows.to_table(columns=columns, filter=chosen, use_threads=False))
        return integers(table["kafka_offset"]), integers(table[columns[-1]]) if "seq" in columns else np.empty(0, int)


def _chosen(which: Range) -> Any:
    offset = pc.field("kafka_offset")
    inside = (offset >= which.start) & (offset < which.end)
    return (pc.field("kafka_partition") == which.partition) & inside


def _in_order(table: Any) -> Any:
    at = integers(table["kafka_offset"])
    return table.take(np.argsort(at, kind="stable")) if (np.diff(at) < 0).any() else table


def reach(tables: Sequence[LakeTable], source: str, partition: int, told: int) -> int:
    """The offset up to which all tables of a topic are whole. told: what the lake's group says of it."""
    noted = [table.noted(source, partition) for table in tables]
    # a table without new rows notes its offset late
    return max(min(noted), told if any(noted) else 0)


def payload_column(name: str) -> str:
    """A field of the payload among the columns of its record."""
    return f"payload.{name}"
