"""The table `removed`: which rows are gone on purpose, so that nobody takes them for lost."""

from collections.abc import Sequence

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import TableNotFoundError

from services.lake.adapters.delta import make_folder, table_uri
from services.lake.domain.removal import Removal

NAME = "removed"
_SCHEMA = pa.schema(
    [
        ("removal_id", pa.string()),
        ("cause", pa.string()),
        ("table", pa.string()),
        ("kafka_partition", pa.int32()),
        ("from_offset", pa.int64()),
        ("to_offset", pa.int64()),
        ("rows", pa.int64()),
        ("removed_at", pa.timestamp("us", tz="UTC")),
    ]
)


class Removals:
    """What was removed from the tables of a pipeline; made when the first rows are."""

    def __init__(self, store_url: str, pipeline: str) -> None:
        self._uri = table_uri(store_url, pipeline, NAME)

    def all(self) -> list[Removal]:
        """All that is known at present."""
        try:
            # without threads: see LakeTable
            found = DeltaTable(self._uri).to_pyarrow_dataset().to_table(use_threads=False)
        except TableNotFoundError:
            return []
        rows = found.set_column(7, "removed_at", found["removed_at"].cast(pa.int64())).to_pylist()
        return [Removal(*row.values()) for row in rows]

    def add(self, removals: Sequence[Removal]) -> None:
        """Note removals; before the rows go, so that they are never missing for no reason."""
        columns = [
            pa.array(values, field.type) for values, field in zip(zip(*removals, strict=True), _SCHEMA, strict=True)
        ]
        make_folder(self._uri)
        write_deltalake(self._uri, pa.table(columns, schema=_SCHEMA), mode="append")
