"""Records of one partition to the features of one entity, and to whole vectors: the one path, online and offline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.contracts.entries import Entries
from services.contracts.expression import Column, Expression, Kind, parse
from services.contracts.pipeline import Pipeline
from services.kernel.columns import KIND_OF_TYPE, Payloads, columns_of, texts_of
from services.kernel.plan import compile_plan
from services.kernel.rows import EntityRows, Staged
from services.kernel.tables import Doubles, Ints, Singles
from services.kernel.update import update, warm_up

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
class Computed:
    """What follows from a batch. numbers: float32 [events, n], NaN where missing.

    Of the last entity of the chain, the vectors: the numbers of the feature set, and as categories one list for each
    event, an empty text where missing. Of an entity before it, the features so far, and no categories. staged: the rows
    to scatter after the commit.
    """

    numbers: Singles
    categories: list[list[str]]
    staged: Staged


class FeatureComputer:
    """The features of one entity of a pipeline, and, for the last one of its chain, the vectors of the model.

    Compiles the kernel, so it takes up to some seconds to make where nothing is cached. place: of the entity in the
    chain. plan: layout and descriptions of its aggregates; its `layout_digest` identifies the state. earlier: how many
    features the entities before it have.
    """

    def __init__(self, pipeline: Pipeline, place: int = 0) -> None:
        resolved = pipeline.resolved
        self.plan = compile_plan(resolved.chain[place].features)
        self._names = tuple(one.name for entity in resolved.chain[: place + 1] for one in entity.features)
        self.earlier = len(self._names) - len(self.plan.names)
        self._is_first, self._last = place == 0, place + 1 == len(resolved.chain)
        self._numbers, self._categories = resolved.numbers, resolved.categories
        self._kinds = resolved.kinds
        self._label_kinds: Mapping[str, Kind] = {
            name: KIND_OF_TYPE.get(type_, "number") for name, type_ in resolved.label_types.items()
        }
        self._event_values = [parse(text) for text in self.plan.event_columns]
        self._label_values = [parse(text) for text in self.plan.label_columns]
        rows = resolved.row if self._last else ()
        self._row = {row.name: parse(row.expression) for row in rows if row.name in resolved.numbers}
        self._value_fields = _fields(self._event_values, (), resolved.event_types)
        inputs = (*self._numbers, *self._categories) if self._last else ()
        self._event_fields = _fields([*self._event_values, *self._row.values()], inputs, resolved.event_types)
        self._label_fields = _fields(self._label_values, (), resolved.label_types)
        warm_up(self.plan)

    def new_state(self, entries: Entries | None = None) -> EntityRows:
        """The state that told these entries; without them the one before the first record, all of it in memory."""
        return EntityRows(self.plan, entries)

    def compute(self, state: EntityRows, records: Records) -> Computed:
        """What follows for the batch's events, and the rows after it. Neither state nor batch is changed."""
        columns = columns_of(records.events, self._event_fields, self._kinds)
        out, staged = self._aggregates(state, records, columns)
        if records.earlier is not None:
            out = np.hstack((records.earlier, out))
        if not self._last:
            return Computed(out, [], staged)
        rows = len(records.events)
        columns |= {name: out[:, place].astype(np.float64) for place, name in enumerate(self._names)}
        columns |= {name: row.evaluate(columns, rows) for name, row in self._row.items()}
        return Computed(self._matrix(columns, rows), self._texts(columns, rows), staged)

    def fold(self, state: EntityRows, records: Records) -> Staged:
        """The rows after the batch, for a silent replay: as `compute`, without vectors."""
        return self._aggregates(state, records, columns_of(records.events, self._value_fields, self._kinds))[1]

    def _aggregates(self, state: EntityRows, records: Records, columns: Columns) -> tuple[Singles, Staged]:
        """Features of this entity, float32 [events, features], and the rows after the batch."""
        if self._is_first or all(records.keys):
            return self._updated(state, records, columns)
        named = np.array([bool(key) for key in records.keys])
        of_events = named[records.kinds == 0]
        out = np.empty((len(records.events), len(self.plan.names)), np.float32)
        out[of_events], staged = self._updated(state, *_chosen(records, columns, named))
        rest, rest_columns = _chosen(records, columns, ~named)
        # each by itself: an event without this entity finds no past, and leaves none
        strangers = replace(rest, keys=[str(number) for number in range(len(rest.keys))])
        out[~of_events], _ = self._updated(self.new_state(), strangers, rest_columns)
        return out, staged

    def _updated(self, state: EntityRows, records: Records, columns: Columns) -> tuple[Singles, Staged]:
        staged = state.gather(records.keys)
        events, labels = len(records.events), len(records.labels)
        label_columns = columns_of(records.labels, self._label_fields, self._label_kinds)
        out = np.empty((events, len(self.plan.names)), np.float32)
        update(
            self.plan,
            staged.rows,
            staged.slots,
            records.kinds,
            records.times,
            _values(self._event_values, columns, events),
            _values(self._label_values, label_columns, labels),
            out,
        )
        return out, staged

    def _matrix(self, columns: Mapping[str, Column], rows: int) -> Singles:
        matrix = np.empty((rows, len(self._numbers)), np.float32)
        with np.errstate(over="ignore"):
            for place, name in enumerate(self._numbers):
                matrix[:, place] = columns[name]
        matrix[~np.isfinite(matrix)] = np.nan
        return matrix

    def _texts(self, columns: Mapping[str, Column], rows: int) -> list[list[str]]:
        if not self._categories:
            return [[] for _ in range(rows)]
        return [list(texts) for texts in zip(*(texts_of(columns[name]) for name in self._categories), strict=True)]


def _values(expressions: Sequence[Expression], columns: Mapping[str, Column], rows: int) -> Doubles:
    """The values of the records, one row for each expression."""
    values = np.empty((len(expressions), rows), np.float64)
    for place, expression in enumerate(expressions):
        values[place] = expression.evaluate(columns, rows)
    return values


def _fields(expressions: Sequence[Expression], inputs: Sequence[str], known: Mapping[str, str]) -> tuple[str, ...]:
    """The fields of the record that the expressions and inputs read."""
    read = [*inputs, *(name for expression in expressions for name in expression.names)]
    return tuple(dict.fromkeys(name for name in read if name in known))


def _chosen(records: Records, columns: Columns, which: NDArray[np.bool_]) -> tuple[Records, Columns]:
    """Some of the records, in their order, with the columns of their events."""
    events, labels = which[records.kinds == 0], which[records.kinds == 1]
    chosen = Records(
        keys=list(compress(records.keys, which)),
        kinds=records.kinds[which],
        times=records.times[which],
        events=list(compress(records.events, events)),
        labels=list(compress(records.labels, labels)),
    )
    return chosen, {name: column[events] for name, column in columns.items()}
