"""Records of one partition to feature vectors: the one path, online and offline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.contracts.expression import Column, Expression, Kind, parse
from services.contracts.pipeline import Pipeline
from services.kernel.columns import KIND_OF_TYPE, Payloads, columns_of, texts_of
from services.kernel.plan import compile_plan
from services.kernel.rows import EntityRows, Staged
from services.kernel.tables import Doubles, Ints, Singles
from services.kernel.update import update, warm_up


@dataclass(frozen=True, slots=True)
class Records:
    """Events and labels of one partition in the order of the log.

    keys: each record's entity. kinds: int8, 0 for an event, 1 for a label. times: int64 microseconds: event time, or
    when the label became known. events, labels: payloads of the records of each kind, in their order.
    """

    keys: Sequence[str]
    kinds: NDArray[np.int8]
    times: Ints
    events: Payloads
    labels: Payloads = ()


@dataclass(frozen=True, slots=True)
class Computed:
    """What follows from a batch. numbers: float32 [events, numbers of the feature set], NaN where missing.

    categories: one list for each event, an empty text where missing. staged: the rows to scatter after the commit.
    """

    numbers: Singles
    categories: list[list[str]]
    staged: Staged


class FeatureComputer:
    """The features of a pipeline. Compiles the kernel, so it takes up to some seconds to make where nothing is cached.

    plan: layout and descriptions of the aggregates; its `layout_digest` identifies the state.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        resolved = pipeline.resolved
        self.plan = compile_plan(resolved.features)
        self._numbers, self._categories = resolved.numbers, resolved.categories
        self._kinds = resolved.kinds
        self._label_kinds: Mapping[str, Kind] = {
            name: KIND_OF_TYPE.get(type_, "number") for name, type_ in resolved.label_types.items()
        }
        self._event_values = [parse(text) for text in self.plan.event_columns]
        self._label_values = [parse(text) for text in self.plan.label_columns]
        self._row = {row.name: parse(row.expression) for row in resolved.row if row.name in resolved.numbers}
        self._event_fields = _fields(
            [*self._event_values, *self._row.values()], [*self._numbers, *self._categories], resolved.event_types
        )
        self._label_fields = _fields(self._label_values, (), resolved.label_types)
        warm_up(self.plan)

    def new_state(self) -> EntityRows:
        """The state before the first record."""
        return EntityRows(self.plan)

    def load_state(self, data: bytes) -> EntityRows:
        """The state from its `to_bytes`; see there for what it raises."""
        return EntityRows.from_bytes(self.plan, data)

    def compute(self, state: EntityRows, records: Records) -> Computed:
        """The vectors of the batch's events, and the rows after it. Neither state nor batch is changed."""
        staged = state.gather(records.keys)
        columns = columns_of(records.events, self._event_fields, self._kinds)
        out = self._update(staged, records, columns)
        columns |= {name: out[:, place].astype(np.float64) for place, name in enumerate(self.plan.names)}
        rows = len(records.events)
        columns |= {name: row.evaluate(columns, rows) for name, row in self._row.items()}
        return Computed(self._matrix(columns, rows), self._texts(columns, rows), staged)

    def fold(self, state: EntityRows, records: Records) -> Staged:
        """The rows after the batch, for a silent replay: as `compute`, without vectors."""
        staged = state.gather(records.keys)
        self._update(staged, records, columns_of(records.events, self._event_fields, self._kinds))
        return staged

    def _update(self, staged: Staged, records: Records, columns: dict[str, Column]) -> Singles:
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
        return out

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
