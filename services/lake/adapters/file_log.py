"""Files of events and labels as the log that one partition would have: in the order in which they became known.

A repeated event, and every label of an event but the first, count for nothing, as after validation; whatever else
validation would refuse must not be in the files.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from services.chassis.origin import Origin
from services.contracts.pipeline import ChainEntity, Pipeline
from services.contracts.pipeline.label import LABEL_KEY
from services.contracts.watermark import Watermark
from services.kernel.computer import ColumnRecords, FeatureComputer
from services.kernel.tables import Ints
from services.lake.adapters.arrow_columns import as_texts, integers, kernel_column, keyed
from services.lake.adapters.column_file import no_rows, read_columns
from services.lake.adapters.feature_table import FeatureTable
from services.lake.adapters.repetition import first_of_each
from services.lake.adapters.ruled import labels_by_rule
from services.lake.adapters.stretch import FACTS, Stretch

_UNKNOWN = -1


@dataclass(frozen=True)
class FileRecords:
    """What is in the files, in order. digest: of the files. times, is_label: of all records.

    events, labels: their fields, in the order of the records. event_of: of each label its event's number among the
    events, -1 if it has none. before: how many events come before each label.
    """

    digest: str
    events: Any
    labels: Any
    times: Ints
    is_label: NDArray[np.bool_]
    event_of: Ints
    before: Ints


def read_files(pipeline: Pipeline, events: Path, labels: Path | None) -> FileRecords:
    """All records of the files, in memory. Raises ValueError for what can't be read or doesn't fit the schemas."""
    view, known_at = pipeline.resolved, pipeline.label.known.time
    event_time, event_id = pipeline.event.time.field, pipeline.event.id
    label_id = pipeline.label.id or event_id
    found = _in_order(read_columns(events, view.event_schema, view.event_types), event_time, event_id)
    named = _in_order(_labels(pipeline, found, labels), known_at, label_id)
    times = np.concatenate((integers(named[known_at]), integers(found[event_time])))
    # labels first on a tie; but those by rule follow from the event of that time
    is_second = np.arange(len(times)) < len(named) if pipeline.label.rule else np.zeros(len(times), bool)
    order = np.lexsort((is_second, times))
    is_label = order < len(named)
    known = as_texts(found[event_id]) if len(named) else pa.array([], pa.string())
    event_of = pc.index_in(as_texts(named[label_id]), value_set=known)
    if pipeline.label.join == LABEL_KEY:
        named = named.append_column(LABEL_KEY, as_texts(found[view.entity_field]).take(event_of))
    said = [_digest(path) for path in (events, labels) if path]
    said += [repr(pipeline.label.rule)] if pipeline.label.rule else []
    digest = hashlib.sha256("".join(said).encode()).hexdigest()
    before = np.cumsum(~is_label, dtype=np.int64)[is_label]
    return FileRecords(digest, found, named, times[order], is_label, integers(event_of, _UNKNOWN), before)


class FileLog:
    """Stage `place` of a pipeline's chain over files. earlier: what the stage before made, None for the first.

    Raises ValueError for labels without an entity.
    """

    def __init__(
        self,
        records: FileRecords,
        pipeline: Pipeline,
        computer: FeatureComputer,
        place: int,
        earlier: FeatureTable | None,
    ) -> None:
        self._all, self._pipeline, self._computer, self._earlier = records, pipeline, computer, earlier
        self._chain, self._place = pipeline.resolved.chain, place
        entity = self._chain[place]
        self._texts = pipeline.resolved.categories if place + 1 == len(self._chain) else ()
        self._event_keys = as_texts(records.events[entity.field])
        self._label_keys = self._keys_of_labels(entity)
        self._counts = np.ones(len(records.times), bool)
        if place:
            has_key = np.asarray(pc.not_equal(self._label_keys, "").to_numpy(zero_copy_only=False), bool)
            self._counts[records.is_label] = has_key & entity.reads_labels
        self._labels_before = np.concatenate(([0], np.cumsum(records.is_label)))

    def origin(self, partition: int, digest: str) -> Origin:
        """The files, whatever they are called."""
        return Origin("files", {"files": self._all.digest}, partition, digest)

    def end(self, partition: int) -> int:
        """How many records there are."""
        return len(self._all.times)

    def read(self, partition: int, start: int, end: int) -> Stretch:
        """Records by number."""
        counts, before = self._counts[start:end], self._labels_before
        labels = slice(int(before[start]), int(before[end]))
        first, stop = start - labels.start, end - labels.stop
        events = self._all.events.slice(first, stop - first)
        is_label = self._all.is_label[start:end]
        chosen = pa.array(counts[is_label])
        of_labels = self._all.labels.slice(labels.start, labels.stop - labels.start).filter(chosen)
        keys = pa.concat_arrays([self._event_keys.slice(first, stop - first), self._label_keys[labels].filter(chosen)])
        # events, then labels: where each record stands among them
        order = np.where(is_label, np.cumsum(is_label & counts) - 1 + len(events), np.cumsum(~is_label) - 1)[counts]
        names, places = keyed(keys, self._place == 0)
        computer, seqs = self._computer, np.arange(first, stop)
        earlier = self._earlier.numbers_of(np.zeros_like(seqs), seqs)[0] if self._earlier is not None else None
        records = ColumnRecords(
            names,
            places[order],
            is_label[counts].astype(np.int8),
            self._all.times[start:end][counts],
            {name: kernel_column(events[name], computer.kinds[name]) for name in computer.event_fields},
            {name: kernel_column(of_labels[name], computer.label_kinds[name]) for name in computer.label_fields},
            earlier,
        )
        event = self._pipeline.event
        facts = [as_texts(events[event.id]), pa.array(np.zeros_like(seqs), pa.int32()), seqs, events[event.time.field]]
        texts = {name: as_texts(events[name]) for name in self._texts}
        return Stretch(end, records, pa.table([*facts[:3], facts[3].cast(FACTS.field(3).type)], schema=FACTS), texts)

    def _keys_of_labels(self, entity: ChainEntity) -> Any:
        """As text; empty where a label doesn't come to a further entity."""
        labels, event_of = self._all.labels, self._all.event_of
        if entity.field in labels.column_names and (not self._place or self._pipeline.resolved.labels_carry_keys):
            return as_texts(labels[entity.field])
        reached = event_of != _UNKNOWN if not self._place else self._held()
        if not self._place and not reached.all():
            name = labels[self._pipeline.label.id or self._pipeline.event.id][int(np.argmin(reached))]
            raise ValueError(f"a label names event {name}, which is not among the events, and has no entity")
        return self._event_keys.take(pa.array(event_of, mask=~reached)).fill_null("")

    def _held(self) -> NDArray[np.bool_]:
        """Labels whose event has come and isn't yet forgotten: as `HeldKeys` of the features service has it."""
        times = integers(self._all.events[self._pipeline.event.time.field])
        maturity, watermark = int(self._pipeline.label.known.maturity or 0), Watermark()
        passed = np.full(len(times) + 1, np.iinfo(np.int64).min)
        for number, time in enumerate(times.tolist(), 1):
            watermark.update_event(time)
            passed[number] = passed[0] if watermark.value is None else watermark.value
        event_of, before = self._all.event_of, self._all.before
        known: NDArray[np.bool_] = (event_of != _UNKNOWN) & (event_of < before)
        held = known.copy()
        held[known] = times[event_of[known]] + maturity > passed[before[known]]
        return held


def _labels(pipeline: Pipeline, events: Any, path: Path | None) -> Any:
    view, rule = pipeline.resolved, pipeline.label.rule
    if rule is not None and path is not None:
        raise ValueError(f"{path}: with label.rule the labels follow from the events; leave the file of labels out")
    if rule is not None:
        return labels_by_rule(pipeline, rule, events)
    schema, types = view.label_schema, view.label_types
    if pipeline.label.join == LABEL_KEY:  # files have no answers: the events themselves tell
        schema = {**schema, "fields": [field for field in schema["fields"] if field["name"] != LABEL_KEY]}
        types = {name: type_ for name, type_ in types.items() if name != LABEL_KEY}
    return no_rows(types) if path is None else read_columns(path, schema, types)


def _in_order(table: Any, time: str, name: str) -> Any:
    """Rows by time, and of each name only the first."""
    if (np.diff(integers(table[time])) < 0).any():
        table = table.take(np.argsort(integers(table[time]), kind="stable"))
    first = first_of_each(table[name])
    return table if first is None else table.take(first)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
