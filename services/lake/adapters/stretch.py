"""What a stage of features reads at a time, whatever it is read from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from services.chassis.origin import Origin
from services.kernel.computer import ColumnRecords

Report = Callable[[dict[str, Any]], None]
"""Told how far a computation has come."""

FACTS = pa.schema(
    [
        ("event_id", pa.string()),
        ("partition", pa.int32()),
        ("seq", pa.int64()),
        ("event_time", pa.timestamp("us", tz="UTC")),
    ]
)
"""What names an event: partition and seq are those of the log."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records of one partition up to a position. facts: of its events, see FACTS. texts: categories by name."""

    position: int
    records: ColumnRecords
    facts: Any
    texts: Mapping[str, Any]


class StageLog(Protocol):
    """The records that one stage of features reads, in their order."""

    def origin(self, partition: int, digest: str) -> Origin:
        """Names what is read. digest: of what is made of it."""
        ...

    def end(self, partition: int) -> int:
        """Position after the last record."""
        ...

    def read(self, partition: int, start: int, end: int) -> Stretch:
        """Records between two positions; its position is before `end` where what a stage before makes isn't there."""
        ...
