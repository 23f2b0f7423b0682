"""The lake as people look at it: which tables there are, what they hold, and SQL over them."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import DeltaError

from services.chassis.errors import Refused
from services.chassis.store import Store
from services.lake.adapters.delta import table_uri

Row = dict[str, Any]


class LakeView:
    """The tables of a pipeline as they are when they are asked for; they can't be written through it.

    Raises Refused if there are none.
    """

    def __init__(self, store_url: str, pipeline: str) -> None:
        self._store_url, self._pipeline = store_url, pipeline
        self.names = sorted(Store(store_url).folders(f"lake/{pipeline}"))
        if not self.names:
            raise Refused(f"There is no table under {table_uri(store_url, pipeline, '')}: nothing was kept yet.")

    def tables(self) -> Iterator[Row]:
        """Each table with its rows, files, bytes and version."""
        for name in self.names:
            table = self._open(name)
            files = table.get_add_actions(flatten=True)
            rows, sizes = (sum(files.column(column).to_pylist()) for column in ("num_records", "size_bytes"))
            yield {"table": name, "rows": rows, "files": files.num_rows, "bytes": sizes, "version": table.version()}

    def schema(self, name: str) -> Iterator[Row]:
        """Each column of a table with its Arrow type. Raises ValueError for a table that isn't there."""
        if name not in self.names:
            raise ValueError(f"There is no table {name}; there are {', '.join(self.names)}.")
        for field in self._open(name).to_pyarrow_dataset().schema:
            yield {"column": field.name, "type": str(field.type)}

    def query(self, sql: str) -> Iterator[Row]:
        """What a statement of DataFusion's SQL gives; tables go by their names. Raises ValueError."""
        asked = QueryBuilder()
        for name in self.names:
            asked.register(name, self._open(name))
        try:
            for batch in pa.RecordBatchReader.from_stream(asked.execute(sql)):
                yield from batch.to_pylist()
        except (DeltaError, pa.ArrowException) as error:
            raise ValueError(str(error)) from error

    def kept(self, name: str) -> Iterator[Row]:
        """All rows of a table by offset, times in microseconds; of one that isn't there, none."""
        if name not in self.names:
            return
        found = self._open(name).to_pyarrow_dataset().to_table(use_threads=False)
        plain = [(f.name, pa.int64() if pa.types.is_timestamp(f.type) else f.type) for f in found.schema]
        yield from found.cast(pa.schema(plain)).sort_by("kafka_offset").to_pylist()

    def _open(self, name: str) -> DeltaTable:
        return DeltaTable(table_uri(self._store_url, self._pipeline, name))
