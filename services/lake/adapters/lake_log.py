"""The log of one stage of features as the lake's tables keep it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.chassis.origin import Origin
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.kernel.computer import ColumnRecords, FeatureComputer
from services.kernel.tables import Ints
from services.lake.adapters.arrow_columns import as_texts, coded, integers, kernel_column, keyed
from services.lake.adapters.delta import table_uri
from services.lake.adapters.feature_table import FeatureTable
from services.lake.adapters.lake_table import LakeTable, Range, payload_column, reach
from services.lake.adapters.stretch import FACTS, Stretch
from services.lake.adapters.topic_log import Place
from services.lake.domain.table import tables_of

_EVENTS = ("driftmill.EventAccepted", "driftmill.EventForwarded")
_LABELS = ("driftmill.LabelAccepted", "driftmill.LabelForwarded")


@dataclass(frozen=True)
class Kept:
    """What the lake keeps of which topics. ids: of the topics. offsets: up to where all tables of a topic reach."""

    store_url: str
    partitions: int
    cluster: str
    ids: Mapping[str, str]
    offsets: Mapping[Place, int]

    def source(self, topic: str) -> str:
        """Names a topic where tables note their offsets."""
        return f"{self.cluster}/{self.ids[topic]}"


class LakeLog:
    """Stage `place` of a pipeline's chain. earlier: what the stage before made, None for the first.

    Raises Refused where the lake has no such tables.
    """

    def __init__(
        self, kept: Kept, pipeline: Pipeline, computer: FeatureComputer, place: int, earlier: FeatureTable | None
    ) -> None:
        self._kept, self._pipeline, self._computer, self._earlier = kept, pipeline, computer, earlier
        self._entity = pipeline.resolved.chain[place]
        self._is_first, self._topic = place == 0, self._entity.stage if place else "events"
        is_last = place + 1 == len(pipeline.resolved.chain)
        self._texts = pipeline.resolved.categories if is_last else ()
        tables = {table.kind: table.name for table in tables_of(pipeline.resolved.stages)[self._topic]}
        self._events, self._labels = (
            self._table(next(tables[kind] for kind in kinds if kind in tables)) for kinds in (_EVENTS, _LABELS)
        )

    def origin(self, partition: int, digest: str) -> Origin:
        """The topic, whatever it is read from."""
        return Origin(self._kept.cluster, {self._topic: self._kept.ids[self._topic]}, partition, digest)

    def end(self, partition: int) -> int:
        """The offset up to which both tables are whole."""
        told = self._kept.offsets.get((self._topic, partition), 0)
        return reach((self._events, self._labels), self._kept.source(self._topic), partition, told)

    def read(self, partition: int, start: int, end: int) -> Stretch:
        """Records by offset. Raises Refused where the lake lacks events."""
        events, labels = self.rows(partition, start, end)
        earlier = None
        if self._earlier is not None:
            numbers, known = self._earlier.numbers_of(
                partitions_of(events, self._kept.partitions), integers(events["seq"])
            )
            if not known.all():
                first = int(np.argmin(known))
                end = events["kafka_offset"][first].as_py()
                events, numbers = events.slice(0, first), numbers[:first]
                labels = labels.filter(pc.field("kafka_offset") < end)
            earlier = numbers
        return self.stretch(partition, end, events, labels, earlier)

    def _table(self, name: str) -> LakeTable:
        return LakeTable(table_uri(self._kept.store_url, self._pipeline.name, name), name)

    def rows(self, partition: int, start: int, end: int, *more: str) -> tuple[Any, Any]:
        """Events, with more of their columns, and labels that count, by offset."""
        resolved = self._pipeline.resolved
        extra = ["seq", "event_id", "event_time", *(() if self._is_first else ("key",)), *more]
        wanted = (*self._computer.event_fields, *self._texts)
        events = self._events.between(Range(partition, start, end), extra, _fields(wanted, resolved.event_schema))
        # labels that only pass by are nothing to an entity without features of labels
        until = end if self._is_first or self._entity.reads_labels else start
        counted = pc.field("revision") == 0 if self._is_first else pc.field("kafka_key") != ""
        fields = _fields(self._computer.label_fields, resolved.label_schema)
        columns = ["known_at", "revision"] if self._is_first else ["known_at"]
        return events, self._labels.between(Range(partition, start, until), columns, fields, counted)

    def times(self, partition: int, start: int, end: int) -> tuple[Ints, Ints]:
        """Offsets of events and their times, in microseconds."""
        return self._events.times(Range(partition, start, end))

    def stretch(self, partition: int, end: int, events: Any, labels: Any, earlier: Any) -> Stretch:
        """What `rows` gave, or some of it, as the kernel takes it. earlier: see ColumnRecords."""
        offsets = np.concatenate([integers(table["kafka_offset"]) for table in (events, labels)])
        order = np.argsort(offsets, kind="stable")
        times = np.concatenate((integers(events["event_time"]), integers(labels["known_at"])))
        keys = pa.chunked_array([*events["kafka_key"].chunks, *labels["kafka_key"].chunks], pa.string())
        names, places = keyed(keys, self._is_first)
        computer = self._computer
        records = ColumnRecords(
            names,
            places[order],
            (order >= len(events)).astype(np.int8),
            times[order],
            {name: kernel_column(events[payload_column(name)], computer.kinds[name]) for name in computer.event_fields},
            {
                name: kernel_column(labels[payload_column(name)], computer.label_kinds[name])
                for name in computer.label_fields
            },
            earlier,
        )
        of = partitions_of(events, self._kept.partitions) if not self._is_first else np.full(len(events), partition)
        facts = [events["event_id"], pa.array(of, pa.int32()), events["seq"], events["event_time"]]
        texts = {name: as_texts(events[payload_column(name)]) for name in self._texts}
        return Stretch(end, records, pa.table(facts, schema=FACTS), texts)


def _fields(names: Iterable[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with their defaults."""
    defaults = {field["name"]: field.get("default") for field in schema["fields"]}
    return {name: defaults[name] for name in names}


def partitions_of(events: Any, partitions: int) -> Ints:
    """The partitions of the log that events come from, by the keys of their first entities."""
    codes, keys = coded(events["key"])
    found: Ints = np.array([partition_of((key or "").encode(), partitions) for key in keys], np.int64)
    return found[codes]
