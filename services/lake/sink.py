"""The lake's loop: every record of the data plane once in its table, though nothing here is a Kafka transaction.

0  begin where the tables end: at the least next offset of a topic's tables; group offsets are not asked
1  read committed records; drop those that their table holds
2  gather, leave out what was erased, chain the audit trail; then one Delta commit a table: rows together with the next
   offset of each partition
3  publish the datasets that new marks complete, and wait for Kafka
4  commit group offsets: they only show others how far everything is kept
A kill between any two of these repeats at most reading, which 1 and 2 make harmless; after a kill before 3, step 0
finds the datasets that are missing from the tables.
"""

import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from services.chassis import clock
from services.chassis.context import Context
from services.chassis.errors import TransientError
from services.contracts.audit_chain import Trail
from services.contracts.record import Record
from services.contracts.schemas import pipeline_schemas
from services.contracts.topics import partitions_of
from services.lake.adapters.announcements import Announcements
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.lake.adapters.forgetting import Forgetting
from services.lake.adapters.removals import Removals
from services.lake.adapters.skew_check import SkewCheck
from services.lake.adapters.topic_log import Place, TopicLog, topic_ids
from services.lake.adapters.upkeep import Upkeep
from services.lake.domain.chained import COLUMNS, chained, follow
from services.lake.domain.dataset import Contract, Datasets, Mark, digest
from services.lake.domain.removal import floors
from services.lake.domain.table import Table, tables_of
from services.lake.gathering import Gathering
from services.lake.settings import LakeSettings

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.05
_RETRY_SECONDS = 0.5
_LAG = 20_000
_COHORTS, _OUTCOMES, _PROFILES = "cohorts", "outcomes", "profiles"
_MARK_COLUMNS = ["watermark", "matured_seq", "rows", "positives", "matured_time", "censored"]


class Lake:
    """Opens the sink as soon as Kafka lets it, and runs it until told to stop."""

    def __init__(self, context: Context, settings: LakeSettings) -> None:
        self._context, self._settings = context, settings

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises Stop."""
        sink = None
        while sink is None and not stop.is_set():
            self._context.health.tick()
            try:
                sink = Sink(self._context, self._settings)
            except TransientError as error:
                if self._context.health.waiting(str(error)):
                    log.warning("waiting", extra={"why": str(error)})
                stop.wait(_RETRY_SECONDS)
        if sink is not None:
            sink.run(stop)


class Sink:
    """The tables, the log they keep, and what is between them."""

    def __init__(self, context: Context, settings: LakeSettings) -> None:
        self._context, self._settings = context, settings
        self._kept = tables_of(context.pipeline.resolved.stages)
        self._partitions = {topic: partitions_of(topic, settings.partitions) for topic in self._kept}
        self._ids = topic_ids(settings, self._kept)
        self._tables = self._open_tables()
        self._held = {
            (table, number): delta.next_offset(number) or 0
            for table, delta in self._tables.items()
            for number in range(self._partitions[table.topic])
        }
        self._gathering = Gathering(self._kept, settings.lake_rows, settings.lake_seconds, settings.lake_linger)
        self._announcements = Announcements(settings, context.codec)
        self._trail = self._followed()
        self._removals = Removals(settings.store_url, settings.pipeline)
        self._forgetting = Forgetting(settings, self._ids, self._removals)
        self._datasets = self._fold()
        self._upkeep = self._caretaker()
        self._skew = SkewCheck(settings.lake_skew, context.metrics)
        self._log = TopicLog(settings, context.codec, "lake", self._starts())
        self._log.open()

    # 0
    def _open_tables(self) -> dict[Table, AppendOnlyTable]:
        settings, resolved = self._settings, self._context.pipeline.resolved
        schemas = pipeline_schemas(dict(resolved.event_schema), dict(resolved.label_schema))
        tables = {}
        for table in chain.from_iterable(self._kept.values()):
            delta = AppendOnlyTable(
                table_uri(settings.store_url, settings.pipeline, table.name),
                table.name,
                f"{self._context.cluster}/{self._ids[table.topic]}",
                RecordColumns(table.schema(schemas)),
                settings.lake_compact,
            )
            delta.refuse_foreign(self._partitions[table.topic])
            tables[table] = delta
        return tables

    def _starts(self) -> dict[Place, int]:
        return {
            (topic, number): min(self._held[table, number] for table in self._kept[topic])
            for topic, count in self._partitions.items()
            for number in range(count)
        }

    def _fold(self) -> Datasets:
        pipeline = self._context.pipeline
        label = pipeline.label.model_dump(mode="json", exclude_none=True)
        contract = Contract(pipeline.resolved.feature_set, digest(label))
        window, known = int(pipeline.monitor.window), self._announcements.last()
        datasets = Datasets(self._settings.partitions, window, contract, known)
        datasets.begin(floors(self._removals.all(), _OUTCOMES))
        cohorts = next(delta for table, delta in self._tables.items() if table.name == _COHORTS)
        found = cohorts.rows(_MARK_COLUMNS)
        missing = [dataset for row in found for dataset in datasets.update(_mark_of_row(row))]
        self._announcements.publish(missing, self._context.health.tick)
        return datasets

    def _followed(self) -> Trail:
        trail = Trail()
        for table, delta in self._tables.items():
            if table.chained:
                follow(trail, delta.rows(list(COLUMNS)))
        return trail

    def _caretaker(self) -> Upkeep:
        settings, lake = self._settings, self._context.pipeline.lake
        every, keep = settings.lake_upkeep * 3600, None if lake is None else int(lake.keep)
        return Upkeep(self._tables, self._removals, every, settings.lake_vacuum, keep, self._expired)

    def _expired(self, table: Table, starts: Mapping[int, int]) -> None:
        if table.name == _OUTCOMES:
            self._datasets.begin(starts)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; what was gathered is written before it returns. Raises Stop."""
        try:
            while not stop.is_set():
                self._context.health.tick()
                self._turn()
            self._leave()
        finally:
            self._skew.close()
            self._forgetting.close()
            self._log.close()

    def _leave(self) -> None:
        try:
            self._flush(closing=True)
        except TransientError as error:
            log.warning("left before all was told", extra={"why": str(error)})

    def _turn(self) -> None:
        try:
            records = self._log.poll(_POLL_SECONDS)
            now = clock.monotonic()
            self._gathering.add((r for r in records if not self._holds(r)), now)
            self._count(records)
            if self._gathering.is_due(now, self._log.drained):
                self._flush()
            elif not self._gathering.count:
                self._log.commit()
            self._upkeep.turn(now, clock.now_us())
            self._skew.turn(now)
            self._context.health.ready()
        except TransientError as error:
            if self._context.health.waiting(str(error)):
                log.warning("waiting", extra={"why": str(error)})
            self._context.stop.wait(_RETRY_SECONDS)

    # 1
    def _holds(self, record: Record) -> bool:
        return any(
            table.kind == record.kind and record.offset < self._held[table, record.partition]
            for table in self._kept[record.topic]
        )

    # 2 to 4
    def _flush(self, closing: bool = False) -> None:
        self._forgetting.follow()
        for table in self._tables:
            records = self._forgetting.kept(table, self._gathering.records.get(table, []))
            if records or self._lags(table, 0 if closing else _LAG):
                self._append(table, records)
        self._skew.kept(
            r for table, records in self._gathering.records.items() if table.name == _PROFILES for r in records
        )
        marks = [records for table, records in self._gathering.records.items() if table.name == _COHORTS]
        made = [dataset for records in marks for record in records for dataset in self._datasets.update(_mark(record))]
        self._gathering.clear(clock.monotonic())
        self._announcements.publish(made, self._context.health.tick)
        self._log.commit()

    def _append(self, table: Table, records: Sequence[Record]) -> None:
        ends = {n: self._log.positions[table.topic, n] for n in range(self._partitions[table.topic])}
        moved = {number: end for number, end in ends.items() if end > self._held[table, number]}
        if table.chained:
            records = chained(self._trail, records)
        written = self._tables[table].append(records, moved)
        if table.chained:
            follow(self._trail, [record.value for record in records])
        self._held |= {(table, number): end for number, end in moved.items()}
        self._context.metrics.written.labels(table.name).inc(written)

    def _lags(self, table: Table, allowed: int) -> bool:
        """Whether a table without new rows is so far behind that a restart would read much again."""
        places = [(topic, number) for topic, number in self._log.positions if topic == table.topic]
        return any(self._log.positions[place] > self._held[table, place[1]] + allowed for place in places)

    def _count(self, records: Sequence[Record]) -> None:
        for topic, number in Counter(record.topic for record in records).items():
            self._context.metrics.read.labels(topic).inc(number)


def _mark(record: Record) -> Mark:
    return Mark(record.partition, record.offset, *(record.value[name] for name in _MARK_COLUMNS))


def _mark_of_row(row: dict[str, Any]) -> Mark:
    told = row | {"censored": row["censored"] or 0}  # none in rows from before it was counted
    return Mark(row["kafka_partition"], row["kafka_offset"], *(told[name] for name in _MARK_COLUMNS))
