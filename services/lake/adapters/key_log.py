"""Which keys the first stage of a chain holds for labels, as the lake's tables tell it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from services.contracts.pipeline import ChainEntity
from services.kernel.held import HeldDraft, keys_in
from services.lake.adapters.arrow_columns import integers
from services.lake.adapters.delta import table_uri
from services.lake.adapters.lake_log import Kept
from services.lake.adapters.lake_table import LakeTable, Range, payload_column, reach


class KeyLog:
    """Events with the keys of their further entities, and ticks, in the order of the log. Raises Refused."""

    def __init__(self, kept: Kept, pipeline: str, readers: Sequence[ChainEntity]) -> None:
        self._kept, self._readers = kept, readers
        self._events, self._ticks = (
            LakeTable(table_uri(kept.store_url, pipeline, name), name) for name in ("events", "ticks")
        )

    def end(self, partition: int) -> int:
        """The offset up to which both tables are whole."""
        told = self._kept.offsets.get(("events", partition), 0)
        return reach((self._events, self._ticks), self._kept.source("events"), partition, told)

    def fold(self, held: HeldDraft, partition: int, start: int, end: int) -> None:
        """Take in what lies between two offsets."""
        which = Range(partition, start, end)
        fields = [reader.field for reader in self._readers]
        events = self._events.between(which, ["event_id", "event_time"], dict.fromkeys(fields))
        ticks = self._ticks.between(which, ["time"], {})
        passed = [(offset, time, None) for offset, time in _rows(ticks, "time", {})]
        came = [
            (row[0], row[1], row[2:])
            for row in _rows(events, "event_time", {"event_id": "event_id"} | _columns(fields))
        ]
        for _, time, event in sorted((*passed, *came), key=lambda one: one[0]):
            if event is None:
                held.pass_time(time)
            else:
                event_id, *values = event
                held.add(event_id, time, keys_in(dict(zip(fields, values, strict=True)), self._readers))


def _columns(fields: Sequence[str]) -> dict[str, str]:
    return {name: payload_column(name) for name in fields}


def _rows(table: Any, time: str, columns: Mapping[str, str]) -> Any:
    plain = [_plain(table[name]).to_pylist() for name in columns.values()]
    return zip(integers(table["kafka_offset"]).tolist(), integers(table[time]).tolist(), *plain, strict=True)


def _plain(values: Any) -> Any:
    """Times as the microseconds that travel."""
    return values.cast(pa.int64()) if pa.types.is_timestamp(values.type) else values
