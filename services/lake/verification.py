"""Compares the lake's tables with the topics that they keep.

For each topic, and each partition of it:
1  read what the topic still holds, up to the greatest offset that one of its tables notes
2  for each stretch of it, make of the records what the lake would, and compare that with the tables' rows, by columns
3  look at the offsets and seqs of all rows, those that the topic no longer holds too
The service may write meanwhile: each table is compared as it was when it was opened, up to the offset that it noted.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.chassis.configs import applied_pipeline, codec_for
from services.chassis.settings import ChassisSettings
from services.chassis.topic_admin import check_topics, cluster_id
from services.contracts.audit_chain import Trail
from services.contracts.record import Record
from services.contracts.schemas import pipeline_schemas
from services.contracts.topics import partitions_of
from services.lake.adapters.arrow_columns import integers
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import table_uri
from services.lake.adapters.lake_table import LakeTable, Range
from services.lake.adapters.likeness import Schema, first_difference
from services.lake.adapters.removals import Removals
from services.lake.adapters.topic_log import Place, TopicLog, topic_ids
from services.lake.domain.chained import chained, follow
from services.lake.domain.fault import Fault, Found, Offsets, leaps, repeated, unmatched
from services.lake.domain.removal import erased, floors
from services.lake.domain.table import Table, tables_of

_STRETCH = 20_000
_POLL_SECONDS = 0.5
_TOLD = 5
"""Faults of one table and partition that are told one by one."""

Line = dict[str, Any]


@dataclass
class Compared:
    """A table, and what was found of one partition of it.

    reach: the offset that the table notes. floor: before which rows are past their time. erased: offsets of others that
    are gone on purpose.
    """

    table: Table
    kept: LakeTable
    schema: Schema
    partition: int
    reach: int
    floor: int
    erased: Offsets
    rows: int = 0
    compared: int = 0
    faults: list[Fault] = field(default_factory=list)
    trail: Trail = field(default_factory=Trail)

    def take(self, records: Sequence[Record], start: int, end: int) -> None:
        """Compare a stretch of the topic with the rows of its offsets."""
        start, end = max(start, self.floor), min(end, self.reach)
        if start >= end:
            return
        ours = [r for r in records if r.kind == self.table.kind and start <= r.offset < end]
        if self.table.chained:
            ours = chained(self.trail, ours)
            follow(self.trail, [record.value for record in ours])
        sent = RecordColumns(self.schema).to_table(ours)
        held = self.kept.whole_rows(Range(self.partition, start, end))
        there = integers(held["kafka_offset"])
        gone = np.setdiff1d(self.erased, there)
        sent = sent.filter(np.isin(integers(sent["kafka_offset"]), gone, invert=True))
        at = integers(sent["kafka_offset"])
        self.compared += len(sent)
        self._add(unmatched(at, there))
        _, firsts = np.unique(there, return_index=True)
        held, sent = held.take(firsts), sent.filter(np.isin(at, there))
        held = held.filter(np.isin(there[firsts], at))
        if (found := first_difference(sent, held, self.schema)) is not None:
            self._add([Found(int(sent["kafka_offset"][found.row].as_py()), found.what)])

    def finish(self, dense: bool, topic_end: int) -> None:
        """Look at all rows. dense: whether seqs follow each other. topic_end: offset after the topic's last record."""
        held, seqs = self.kept.numbers(self.partition)
        self.rows = len(held)
        self._add(repeated(held))
        if dense:
            self._add(leaps(held, seqs, self.erased))
        self._add(_beyond(held, self.reach))
        if self.reach > topic_end:
            self._add([Found(topic_end, f"the topic ends here, the table says it has come to {self.reach}")])

    def _add(self, found: Iterable[Found]) -> None:
        self.faults += [Fault(self.table.name, self.partition, *one) for one in found]

    def to_dict(self, topic_end: int) -> Line:
        """How far the table has come, and what is wrong."""
        told = [fault.to_dict() for fault in sorted(self.faults, key=lambda fault: fault.offset)[:_TOLD]]
        counts = {"rows": self.rows, "compared": self.compared, "reaches": self.reach, "topic_end": topic_end}
        return {"table": self.table.name, "partition": self.partition, **counts, "faults": told}


def _beyond(held: Offsets, reach: int) -> Iterator[Found]:
    late = held[held >= reach]
    if len(late):
        yield Found(int(late[0]), f"lies beyond {reach}, to which the table says it has come", len(late))


class Verification:
    """One look at the tables of a pipeline. Raises Refused without them, TransientError."""

    def __init__(self, settings: ChassisSettings) -> None:
        self._settings, self._pipeline = settings, applied_pipeline(settings)
        resolved = self._pipeline.resolved
        check_topics(settings, resolved.stages)
        self._codec = codec_for(settings, self._pipeline)
        self._schemas = pipeline_schemas(dict(resolved.event_schema), dict(resolved.label_schema))
        self._topics = tables_of(resolved.stages)
        self._cluster, self._ids = cluster_id(settings), topic_ids(settings, self._topics)
        # what a table notes and holds is of one moment: that at which it is opened
        self._kept = {table: self._open(table) for tables in self._topics.values() for table in tables}
        # noted before rows go: what is gone from a table that is open is known
        self._removed = Removals(settings.store_url, settings.pipeline).all()
        numbered = ("events", "features", "predictions") if len(resolved.chain) == 1 else ("events",)
        self._dense = frozenset(numbered)

    def run(self) -> Iterator[Line]:
        """Progress, at the end what was found. Raises Refused, TransientError."""
        found: list[Line] = []
        for topic in self._topics:
            for number in range(partitions_of(topic, self._settings.partitions)):
                sides = self._sides(topic, number)
                topic_end = yield from self._compare((topic, number), sides)
                found += [side.to_dict(topic_end) for side in sides]
        holds = not any(one["faults"] for one in found)
        yield {"progress": "end", "holds": holds, "tables": found}

    def _open(self, table: Table) -> LakeTable:
        return LakeTable(table_uri(self._settings.store_url, self._settings.pipeline, table.name), table.name)

    def _sides(self, topic: str, number: int) -> list[Compared]:
        source = f"{self._cluster}/{self._ids[topic]}"
        return [self._side(table, number, source) for table in self._topics[topic]]

    def _side(self, table: Table, number: int, source: str) -> Compared:
        kept, floor = self._kept[table], floors(self._removed, table.name).get(number, 0)
        gone = erased(self._removed, table.name, number)
        return Compared(table, kept, table.schema(self._schemas), number, kept.noted(source, number), floor, gone)

    def _compare(self, place: Place, sides: Sequence[Compared]) -> Generator[Line, None, int]:
        """Gives the offset after the topic's last record."""
        log = TopicLog(self._settings, self._codec, "lake", {place: 0})
        try:
            log.open()
            yield from self._read(log, place, sides)
            topic_end = log.bounds(*place)[1]
        finally:
            log.close()
        for side in sides:
            # 3
            side.finish(side.table.name in self._dense, topic_end)
        return topic_end

    def _read(self, log: TopicLog, place: Place, sides: Sequence[Compared]) -> Iterator[Line]:
        end, records = max(side.reach for side in sides), list[Record]()
        begin = None
        while log.positions[place] < end and not log.drained:
            # 1
            records += log.poll(_POLL_SECONDS)
            if begin is None and (records or log.drained):
                # asked only now: what the topic has let go until here isn't missing
                begin = log.bounds(*place)[0]
            is_last = log.positions[place] >= end or log.drained
            if begin is None or (len(records) < _STRETCH and not is_last):
                continue
            # 2
            for side in sides:
                side.take(records, begin, log.positions[place])
            begin, records = max(begin, log.positions[place]), []
            yield {"progress": "verify", "topic": place[0], "partition": place[1], "position": begin, "end": end}
