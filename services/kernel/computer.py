"""Records of one partition to the features of one entity, and to whole vectors: the one path, online and offline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.contracts.entries import Entries
from services.contracts.expression import Column, Kind
from services.contracts.pipeline import Pipeline
from services.contracts.reference import Resolve, unresolved
from services.kernel.columns import KIND_OF_TYPE, Payloads, columns_of, texts_of
from services.kernel.plan import compile_plan
from services.kernel.row_columns import Lost, RowColumns
from services.kernel.rows import EntityRows, Staged
from services.kernel.tables import NO_KEY, Doubles, Ints, Singles
from services.kernel.update import update, warm_up
from services.kernel.value import Value

Columns: TypeAlias = dict[str, Column]
"""Fields and features of a batch's events, by name."""


@dataclass(frozen=True, slots=True)
class Records:
    """Events and labels of one partition in the order of the log.

    keys: each record's entity; an empty text where an event has none of this kind. kinds: int8, 0 for an event, 1 for
    a label. times: int64 microseconds: event time, or when the label became known. events, labels: payloads of the
    records of each kind, in their order. earlier: float32 [events, features of the entities before], None for the first
    entity.
    """

    keys: Sequence[str]
    kinds: NDArray[np.int8]
    times: Ints
    events: Payloads
    labels: Payloads = ()
    earlier: Singles | None = None


@dataclass(frozen=True, slots=True)
class ColumnRecords:
    """As `Records`, column by column.

    keys: the distinct ones. places: int64 [records], each record's key among them, or NO_KEY. events, labels: the
    fields that the computer reads, of the records of each kind in their order.
    """

    keys: tuple[str, ...]
    places: Ints
    kinds: NDArray[np.int8]
    times: Ints
    events: Columns
    labels: Columns
    earlier: Singles | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """What follows from a batch. numbers: float32 [events, n], NaN where missing.

    Of the last entity of the chain, the vectors: the numbers of the feature set, and as categories one list for each
    event, an empty text where missing. Of an entity before it, the features so far, and no categories. staged: the rows
    to scatter after the commit. lost: events, by their place, that refer to bytes which nobody has, and why: they have
    no vector.
    """

    numbers: Singles
    categories: list[list[str]]
    staged: Staged
    lost: Lost = field(default_factory=dict)


class FeatureComputer:
    """The features of one entity of a pipeline, and, for the last one of its chain, the vectors of the model.

    Compiles the kernel, so it takes up to some seconds to make where nothing is cached. place: of the entity in the
    chain. plan: layout and descriptions of its aggregates; its `layout_digest` identifies the state. names: of the
    features so far. earlier: how many of them the entities before it have. event_fields, label_fields: what of a
    payload is read, with the kinds of their columns in kinds and label_kinds. resolve: finds what references name.
    """

    def __init__(self, pipeline: Pipeline, place: int = 0, resolve: Resolve = unresolved) -> None:
        resolved = pipeline.resolved
        self.plan = compile_plan(resolved.chain[place].features)
        self.names = tuple(one.name for entity in resolved.chain[: place + 1] for one in entity.features)
        self.earlier = len(self.names) - len(self.plan.names)
        self._is_first, self._last = place == 0, place + 1 == len(resolved.chain)
        self._numbers, self._categories = resolved.numbers, resolved.categories
        self.kinds = resolved.kinds
        self.label_kinds: Mapping[str, Kind] = {
            name: KIND_OF_TYPE.get(type_, "number") for name, type_ in resolved.label_types.items()
        }
        self._event_values = [Value.of(column) for column in self.plan.event_columns]
        self._label_values = [Value.of(column) for column in self.plan.label_columns]
        rows = resolved.row if self._last else ()
        travelling = [row for row in rows if not set(row.columns).isdisjoint(resolved.numbers)]
        self._row = RowColumns(travelling, resolved.functions, resolved.kinds, resolve)
        read_by_rows = set(self._row.names)
        of_feature = {name: place for place, name in enumerate(self.names)}
        self._widened = {name: place for name, place in of_feature.items() if name in read_by_rows}
        self._copied = {place: of_feature[name] for place, name in enumerate(self._numbers) if name in of_feature}
        self._value_fields = _fields(self._event_values, (), resolved.event_types)
        inputs = (*self._numbers, *self._categories) if self._last else ()
        self.event_fields = _fields(self._event_values, (*inputs, *self._row.names), resolved.event_types)
        self.label_fields = _fields(self._label_values, (), resolved.label_types)
        warm_up(self.plan)

    def new_state(self, entries: Entries | None = None) -> EntityRows:
        """The state that told these entries; without them the one before the first record, all of it in memory."""
        return EntityRows(self.plan, entries)

    def compute(self, state: EntityRows, records: Records) -> Computed:
        """What follows for the batch's events, and the rows after it. Neither state nor batch is changed."""
        columns = columns_of(records.events, self.event_fields, self.kinds)
        out, staged = self._aggregates(state, records, columns)
        numbers, lost = self._numbered(out, records.earlier, columns)
        categories = self._texts(columns, len(numbers)) if self._last else []
        return Computed(numbers, categories, staged, lost)

    def compute_columns(self, state: EntityRows, records: ColumnRecords) -> Computed:
        """As `compute`, of columns: bit for bit the same numbers and rows, but no categories, which are the event's.

        What functions make of bytes that nobody has is missing.
        """
        out, staged = self._aggregated(state, records)
        numbers, lost = self._numbered(out, records.earlier, records.events)
        return Computed(numbers, [], staged, lost)

    def fold_columns(self, state: EntityRows, records: ColumnRecords) -> Staged:
        """The rows after the batch, as `compute_columns`, without vectors."""
        return self._aggregated(state, records)[1]

    def fold(self, state: EntityRows, records: Records) -> Staged:
        """The rows after the batch, for a silent replay: as `compute`, without vectors."""
        return self._aggregates(state, records, columns_of(records.events, self._value_fields, self.kinds))[1]

    def _aggregated(self, state: EntityRows, records: ColumnRecords) -> tuple[Singles, Staged]:
        staged = state.gather(records.keys)
        return self._updated(staged, records.places, records.kinds, records.times, records.events, records.labels)

    def _aggregates(self, state: EntityRows, records: Records, columns: Columns) -> tuple[Singles, Staged]:
        """Features of this entity, float32 [features, events], and the rows after the batch."""
        labels = columns_of(records.labels, self.label_fields, self.label_kinds)
        if self._is_first or all(records.keys):
            staged = state.gather(records.keys)
            return self._updated(staged, staged.slots, records.kinds, records.times, columns, labels)
        named = np.array([bool(key) for key in records.keys])
        staged = state.gather(list(compress(records.keys, named)))
        places = np.full(len(named), NO_KEY, np.int64)
        places[named] = staged.slots
        return self._updated(staged, places, records.kinds, records.times, columns, labels)

    def _updated(
        self, staged: Staged, places: Ints, kinds: NDArray[np.int8], times: Ints, columns: Columns, of_labels: Columns
    ) -> tuple[Singles, Staged]:
        """places: each record's row among the staged ones, NO_KEY for an event without this entity."""
        labels = int(np.count_nonzero(kinds))
        events, rows, strangers = len(kinds) - labels, staged.rows, places == NO_KEY
        if strangers.any():
            # each by itself: an event without this entity finds no past, and leaves none
            rows = np.vstack((rows, self.plan.empty(int(np.count_nonzero(strangers)))))
            places = places.copy()
            places[strangers] = np.arange(len(staged.rows), len(rows))
        out = np.empty((len(self.plan.names), events), np.float32)
        event_values = _values(self._event_values, columns, events)
        label_values = _values(self._label_values, of_labels, labels)
        update(self.plan, rows, places, kinds, times, event_values, label_values, out)
        return out, replace(staged, rows=rows[: len(staged.rows)])

    def _numbered(self, out: Singles, earlier: Singles | None, columns: Columns) -> tuple[Singles, Lost]:
        """The features so far; of the last entity the numbers of the feature set. out: [features, events]."""
        if earlier is not None:
            out = np.vstack((earlier.T, out))
        if not self._last:
            return out.T, {}
        rows = out.shape[1]
        columns = columns | {name: out[place].astype(np.float64) for name, place in self._widened.items()}
        of_rows, lost = self._row.evaluate(columns, rows)
        columns |= of_rows
        # a column at a time is how both the kernel gives and tables take them
        matrix = np.empty((len(self._numbers), rows), np.float32)
        with np.errstate(over="ignore"):
            for place, name in enumerate(self._numbers):
                matrix[place] = out[self._copied[place]] if place in self._copied else columns[name]
        matrix[~np.isfinite(matrix)] = np.nan
        return matrix.T, lost

    def _texts(self, columns: Mapping[str, Column], rows: int) -> list[list[str]]:
        if not self._categories:
            return [[] for _ in range(rows)]
        return [list(texts) for texts in zip(*(texts_of(columns[name]) for name in self._categories), strict=True)]


def _values(values: Sequence[Value], columns: Mapping[str, Column], rows: int) -> Doubles:
    """The values of the records, one row for each column of the plan."""
    found = np.empty((len(values), rows), np.float64)
    for place, value in enumerate(values):
        found[place] = value.evaluate(columns, rows)
    return found


def _fields(expressions: Sequence[Value], inputs: Sequence[str], known: Mapping[str, str]) -> tuple[str, ...]:
    """The fields of the record that the expressions and inputs read."""
    read = [*inputs, *(name for expression in expressions for name in expression.names)]
    return tuple(dict.fromkeys(name for name in read if name in known))
