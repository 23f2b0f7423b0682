"""Erases the rows of one entity from the lake.

1  wait until the tables have the log as it is now: which events are meant, whatever is told of them later
2  publish the request, with a salted digest of the key: the lake keeps out from now on what comes of these events
3  note which rows go, so that nobody takes them for lost
4  delete them, `events` last, since it tells which events they were
5  look again: what the lake was just writing; then delete the files in which they stood
A kill between any two of these leaves rows that the same call erases.
"""

import secrets
import uuid
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.chassis import clock
from services.chassis.configs import applied_pipeline, bare_codec, publish
from services.chassis.errors import Refused
from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.chassis.topic_admin import check_topics, cluster_id
from services.contracts.partition import partition_of
from services.kernel.tables import Ints
from services.lake.adapters.delta import table_uri
from services.lake.adapters.entity_rows import EntityRows, Reach
from services.lake.adapters.forgetting import KIND, noted
from services.lake.adapters.lake_table import LakeTable, reach
from services.lake.adapters.removals import NAME, Removals
from services.lake.adapters.topic_log import Place, TopicLog, told_offsets, topic_ids
from services.lake.domain.erasure import salted
from services.lake.domain.table import Table, tables_of

_PATIENCE = 30.0
_PAUSE = 1.0
"""Seconds after which the lake has written what it read before it heard of the request."""
_LOOKS = 5
_EVENTS = "events"

Line = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """Whose rows, and who asks. entity: its name in pipeline.yaml. yes: False to count only."""

    entity: str
    key: str
    by: str
    reason: str
    yes: bool


class Eraser:
    """Erases by an order. Raises ValueError for an entity that the tables aren't kept by, Refused, TransientError."""

    def __init__(self, settings: ChassisSettings, order: Order) -> None:
        self._settings, self._order = settings, order
        resolved = applied_pipeline(settings).resolved
        if order.entity != resolved.entity:
            raise ValueError(
                f"The lake's rows are kept by {resolved.entity}, the pipeline's primary entity: rows of one of these "
                f"can be erased, not those of {order.entity}."
            )
        check_topics(settings, resolved.stages)
        tables = tables_of(resolved.stages)
        self._tables = [one for many in tables.values() for one in many if one.about_entities]
        self._kept = {NAME, *(one.name for many in tables.values() for one in many)}
        self._ids, self._cluster = topic_ids(settings, tables), cluster_id(settings)
        self._partition = partition_of(order.key.encode(), settings.partitions)

    def run(self) -> Iterator[Line]:
        """Progress; at the end the rows that were erased, by table, or that would be."""
        # 1
        ends = self._ends()
        yield from self._wait(ends[_EVENTS, self._partition])
        end_seq = self._end_seq()
        rows = self._rows(ends, end_seq)
        found = {name: _count(one.find()) for name, one in rows.items()}
        if not self._order.yes:
            yield {"progress": "end", "request_id": None, "rows": found}
            return
        # 2
        request = self._published(ends, end_seq)
        total = dict.fromkeys(rows, 0)
        for look in range(_LOOKS):
            if look:
                # 5
                clock.sleep(_PAUSE)
            erased = yield from self._erase(request, rows)
            total = {name: count + erased[name] for name, count in total.items()}
            if look and not any(erased.values()):
                break
        for name, one in rows.items():
            yield {"progress": "sweep", "table": name}
            one.sweep()
        yield {"progress": "end", "request_id": request, "rows": total}

    def _ends(self) -> dict[Place, int]:
        log = TopicLog(self._settings, bare_codec(self._settings), "lake", {})
        try:
            topics = {table.topic for table in self._tables}
            places = [(topic, number) for topic in sorted(topics) for number in range(self._settings.partitions)]
            return {place: log.bounds(*place)[1] for place in places}
        finally:
            log.close()

    def _wait(self, end: int) -> Iterator[Line]:
        deadline = clock.monotonic() + _PATIENCE
        while (told := self._reached()) < end:
            if clock.monotonic() > deadline:
                raise Refused(
                    f"{self._settings.topic(_EVENTS)}[{self._partition}] ends at {end}, the lake has come to {told}: "
                    "what it hasn't read can't be erased. Let the lake run, and ask again; nothing was erased."
                )
            yield {"progress": "wait", "position": told, "end": end}
            clock.sleep(_PAUSE)

    def _reached(self) -> int:
        """The offset up to which all tables of the log are whole."""
        told = told_offsets(self._settings, [_EVENTS])[_EVENTS, self._partition]
        tables = [LakeTable(self._uri(name), name) for name in (_EVENTS, "labels", "ticks")]
        return reach(tables, f"{self._cluster}/{self._ids[_EVENTS]}", self._partition, told)

    def _end_seq(self) -> int:
        _, seqs = LakeTable(self._uri(_EVENTS), _EVENTS).numbers(self._partition)
        return int(seqs.max(initial=-1)) + 1

    def _rows(self, ends: Mapping[Place, int], end_seq: int) -> dict[str, EntityRows]:
        """By name of the table, in the order in which they are erased."""
        reach = {
            table.name: Reach(end_seq, {number: end for (topic, number), end in ends.items() if topic == table.topic})
            for table in self._tables
        }
        key = [self._order.key]
        events = EntityRows(self._uri(_EVENTS), "kafka_key", key, reach[_EVENTS])
        ids = events.events()
        by_event = [table.name for table in self._tables if _column(table) == "event_id"]
        rows = {name: EntityRows(self._uri(name), "event_id", ids, None) for name in [*by_event, *self._computed()]}
        for table in self._tables:
            if table.name not in rows and table.name != _EVENTS:
                rows[table.name] = EntityRows(self._uri(table.name), _column(table), key, reach[table.name])
        return rows | {_EVENTS: events}

    def _computed(self) -> list[str]:
        """Tables that backfills made."""
        folders = Store(self._settings.store_url).folders(f"lake/{self._settings.pipeline}")
        return sorted(set(folders) - self._kept)

    def _published(self, ends: Mapping[Place, int], end_seq: int) -> str:
        order, salt, request = self._order, secrets.token_hex(16), str(uuid.uuid4())
        value = {
            "request_id": request,
            "by": order.by,
            "reason": order.reason,
            "entity": order.entity,
            "salt": salt,
            "digest": salted(salt, order.key),
            "log_id": self._ids[_EVENTS],
            "end_seq": end_seq,
            "ends": [{"topic_id": self._ids[t], "partition": n, "end": end} for (t, n), end in ends.items()],
        }
        publish(self._settings, bare_codec(self._settings), "requests", request, KIND, value)
        return request

    def _erase(self, request: str, rows: Mapping[str, EntityRows]) -> Generator[Line, None, dict[str, int]]:
        removals = Removals(self._settings.store_url, self._settings.pipeline)
        erased = dict[str, int]()
        for name, one in rows.items():
            found = one.find()
            erased[name] = _count(found)
            if not found:
                continue
            if name in self._kept:
                # 3
                removals.add([o for number, at in found.items() for o in noted(request, name, number, at)])
            # 4
            yield {"progress": "erase", "table": name, "rows": erased[name]}
            one.erase()
        return erased

    def _uri(self, table: str) -> str:
        return table_uri(self._settings.store_url, self._settings.pipeline, table)


def _column(table: Table) -> str:
    """What tells whose a row is: its record's key; the first entity that it names; or its event."""
    return {"driftmill.EventForwarded": "key", "driftmill.LabelForwarded": "event_id"}.get(table.kind, "kafka_key")


def _count(found: Mapping[int, Ints]) -> int:
    return sum(map(len, found.values()))
