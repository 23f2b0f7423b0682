"""Records that were read but not yet written, and when it is time to write them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.chassis.errors import Refused
from services.contracts.record import Record
from services.lake.domain.table import Table

_MARK = "driftmill.CohortMatured"


@dataclass
class Gathering:
    """Buffers by table. tables: by topic. rows, seconds, linger: see LakeSettings.

    Times are of a monotonic clock, in seconds.
    """

    tables: Mapping[str, tuple[Table, ...]]
    rows: int
    seconds: float
    linger: float
    records: dict[Table, list[Record]] = field(default_factory=dict)
    count: int = 0
    _first: float = 0.0
    _written: float = 0.0
    _marked: bool = False

    def add(self, records: Iterable[Record], now: float) -> None:
        """Take in records in the order of their partitions. Raises Refused for a kind that no table keeps."""
        for record in records:
            table = next((one for one in self.tables.get(record.topic, ()) if one.kind == record.kind), None)
            if table is None:
                raise Refused(f"{record.topic}[{record.partition}]@{record.offset}: no table keeps {record.kind}")
            self._first = self._first if self.count else now
            self.records.setdefault(table, []).append(record)
            self.count += 1
            self._marked = self._marked or record.kind == _MARK

    def is_due(self, now: float, drained: bool) -> bool:
        """Whether to write now: enough has come, or it waits long enough, or nothing more comes at present.

        A mark is written as soon as nothing more comes, since training waits for what follows from it.
        """
        if not self.count:
            return False
        if self.count >= self.rows or now - self._first >= self.seconds:
            return True
        return drained and (self._marked or now - self._written >= self.linger)

    def clear(self, now: float) -> None:
        """All of it is written."""
        self.records, self.count, self._marked, self._written = {}, 0, False, now
