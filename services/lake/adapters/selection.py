"""Rows of the lake's tables by SQL; only the files are read whose statistics don't rule them out."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import TableNotFoundError

from services.lake.adapters.delta import table_uri

Row = dict[str, Any]


class Selection:
    """The tables of a pipeline in a store, each as it was when it was first asked for."""

    def __init__(self, store_url: str, pipeline: str) -> None:
        self._store_url, self._pipeline = store_url, pipeline
        self._tables: dict[str, DeltaTable | None] = {}

    def rows(self, name: str, condition: str) -> Iterator[Row]:
        """Rows of a table for which a condition of SQL holds; none of a table that isn't there.

        Times are microseconds since 1970, maps dictionaries.
        """
        yield from self._asked(name, f"SELECT * FROM {name} WHERE {condition}")

    def groups(self, name: str, by: Sequence[str], counted: Sequence[str], condition: str = "true") -> Iterator[Row]:
        """Aggregates by columns; a column that the table doesn't have yet is null. counted: expressions, each named.
        condition: of SQL, for the rows that count."""
        table = self._table(name)
        there = [] if table is None else [field.name for field in table.schema().fields]
        columns = [one if one in there else f"NULL AS {one}" for one in by]
        yield from self._asked(
            name, f"SELECT {', '.join([*columns, *counted])} FROM {name} WHERE {condition} GROUP BY ALL"
        )

    def count(self, name: str) -> int:
        """Rows of a table, 0 of one that isn't there."""
        table = self._table(name)
        return 0 if table is None else sum(table.get_add_actions(flatten=True).column("num_records").to_pylist())

    def _asked(self, name: str, sql: str) -> Iterator[Row]:
        table = self._table(name)
        if table is None:
            return
        asked = QueryBuilder()
        asked.register(name, table)
        for batch in pa.RecordBatchReader.from_stream(asked.execute(sql)):
            plain = [column.cast(_without_times(column.type)) for column in batch.columns]
            yield from pa.table(plain, batch.schema.names).to_pylist(maps_as_pydicts="strict")

    def _table(self, name: str) -> DeltaTable | None:
        if name not in self._tables:
            try:
                self._tables[name] = DeltaTable(table_uri(self._store_url, self._pipeline, name))
            except TableNotFoundError:
                self._tables[name] = None
        return self._tables[name]


def _without_times(kind: Any) -> Any:
    """A type with integers in the place of times: what people send may lie beyond the years that Python knows."""
    if pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_without_times(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_without_times(kind.value_type)))
    return kind
