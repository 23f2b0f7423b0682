"""Append-only Delta tables that hold every record of a topic once, whatever is sent again.

The next offset of each partition is committed in the same Delta commit as the rows, as the version of an application
(https://github.com/delta-io/delta/blob/master/PROTOCOL.md#transaction-identifiers).
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError

from services.chassis.errors import Refused, TransientError
from services.contracts.record import Record
from services.lake.adapters.arrow_columns import integers
from services.lake.adapters.column import DAY, RecordColumns

log = logging.getLogger(__name__)

_ATTEMPTS = 5
_COMPACTED_BYTES = 16 * 1024 * 1024
WRITTEN = WriterProperties(compression="ZSTD", max_row_group_size=20_000, dictionary_page_size_limit=16 * 1024)
"""A group of rows stays in memory until it is full; dictionaries of ids and offsets take more room than they save."""

Offsets = Mapping[int, int]
"""Next offset by partition."""


def table_uri(store_url: str, pipeline: str, table: str) -> str:
    """Where a table of a pipeline lies."""
    return f"{store_url.rstrip('/')}/lake/{pipeline}/{table}"


class AppendOnlyTable:
    """One table. source: names cluster and topic; partition and table are added to name an application.

    compact_every: commits after which small files are put together; rows and offsets stay the same.
    """

    def __init__(self, uri: str, name: str, source: str, columns: RecordColumns, compact_every: int) -> None:
        self._name, self._source, self._columns, self._compact_every = name, source, columns, compact_every
        make_folder(uri)
        self._table = DeltaTable.create(uri, schema=columns.schema, mode="ignore", name=name, partition_by=[DAY])
        self._commits = 0

    def next_offset(self, partition: int) -> int | None:
        """The offset after the last record of a partition that the table holds or has passed; None at the beginning."""
        return self._table.transaction_version(self._application(partition))

    def refuse_foreign(self, partitions: int) -> None:
        """Raises Refused if the table holds rows, but none of this cluster's topic, or isn't laid out by days."""
        if self._table.metadata().partition_columns != [DAY]:
            raise Refused(
                f"{self._table.table_uri} was made by an earlier version, not partitioned by {DAY}. Move the lake's "
                "tables away: they are filled again from the topics."
            )
        known = any(self.next_offset(number) is not None for number in range(partitions))
        if not known and self._table.file_uris():
            raise Refused(
                f"{self._table.table_uri} holds records of another topic or cluster than {self._source}. "
                "Set DRIFTMILL_STORE to a store of this cluster's own, or move the table away."
            )

    def append(self, records: Sequence[Record], ends: Offsets) -> int:
        """Keep the records not yet held, and note `ends`: the next offset of each partition. Returns rows written.

        Raises TransientError if others keep writing.
        """
        for _ in range(_ATTEMPTS):
            self._table.update_incremental()
            versions = {p: self.next_offset(p) or 0 for p in {*ends, *(record.partition for record in records)}}
            if all(versions[partition] >= end for partition, end in ends.items()):
                return 0
            fresh = [record for record in records if record.offset >= versions[record.partition]]
            try:
                self._commit(fresh, {p: max(end, versions[p]) for p, end in ends.items()})
            except CommitFailedError as error:
                log.warning("commit again", extra={"table": self._name, "why": str(error)})
                continue
            return len(fresh)
        raise TransientError(f"{self._table.table_uri}: others write at the same time")

    def _commit(self, records: Sequence[Record], ends: Offsets) -> None:
        versions = [Transaction(self._application(partition), end) for partition, end in ends.items()]
        write_deltalake(
            self._table,
            self._columns.to_table(records),
            mode="append",
            schema_mode="merge",
            commit_properties=CommitProperties(app_transactions=versions),
            writer_properties=WRITTEN,
        )
        self._commits += 1
        if self._compact_every and self._commits % self._compact_every == 0:
            try:
                self.compact()
            except CommitFailedError as error:
                log.info("not compacted this time", extra={"table": self._name, "why": str(error)})

    def compact(self) -> None:
        """Put small files of a day together. Raises CommitFailedError if others write at the same time."""
        self._table.update_incremental()
        self._table.optimize.compact(target_size=_COMPACTED_BYTES, max_concurrent_tasks=1, writer_properties=WRITTEN)

    def vacuum(self, hours: int) -> int:
        """Delete files that don't count any more since so many hours, and what killed writers left; how many."""
        self._table.update_incremental()
        if not (deleted := self._vacuum(hours, True)):
            return 0
        self._vacuum(hours, False)
        return len(deleted)

    def _vacuum(self, hours: int, dry_run: bool) -> list[str]:
        return self._table.vacuum(hours, dry_run=dry_run, enforce_retention_duration=False, full=True)

    def before(self, day: date) -> dict[int, tuple[int, int]]:
        """Rows that Kafka appended before a day: by partition, the offset after the last one, and how many."""
        self._table.update_incremental()
        columns = ["kafka_partition", "kafka_offset"]
        rows = self._table.to_pyarrow_dataset().to_table(columns=columns, filter=pc.field(DAY) < day)
        partitions, offsets = (integers(rows[name]) for name in columns)
        numbers, counts = np.unique(partitions, return_counts=True)
        return {
            int(number): (int(offsets[partitions == number].max()) + 1, int(count))
            for number, count in zip(numbers, counts, strict=True)
        }

    def delete_before(self, day: date) -> None:
        """Let whole days go. Raises CommitFailedError if others write at the same time."""
        self._table.delete(f"{DAY} < DATE '{day.isoformat()}'")

    def rows(self, columns: list[str]) -> list[dict[str, Any]]:
        """Some columns of all rows, by partition and offset; times in microseconds.

        None in one that the table doesn't have yet: it was made before the field came into its schema.
        """
        self._table.update_incremental()
        dataset = self._table.to_pyarrow_dataset()
        there = [column for column in ("kafka_partition", "kafka_offset", *columns) if column in dataset.schema.names]
        table = dataset.to_table(columns=there)
        plain = pa.schema([(f.name, pa.int64() if pa.types.is_timestamp(f.type) else f.type) for f in table.schema])
        absent = dict.fromkeys(columns)
        found: list[dict[str, Any]] = [absent | row for row in table.cast(plain).to_pylist()]
        return sorted(found, key=lambda row: (row["kafka_partition"], row["kafka_offset"]))

    def _application(self, partition: int) -> str:
        return application(self._name, self._source, partition)


def application(table: str, source: str, partition: int) -> str:
    """Under what name a table notes the next offset of a partition."""
    return f"{table}/{source}/{partition}"


def make_folder(uri: str) -> None:
    """Where tables lie in a file system, a table can be made only in a folder that is there."""
    parsed = urlparse(uri)
    if parsed.scheme == "file":
        Path(url2pathname(parsed.path)).mkdir(parents=True, exist_ok=True)
