"""The row features of a pipeline as columns, with the bytes that references name where functions look at them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from services.contracts.expression import Column, Expression, Kind
from services.contracts.pipeline import RowFeature
from services.contracts.pipeline.definition import row_columns
from services.contracts.reference import Resolve
from services.kernel.row_function import RowFunction, row_features

AT_ONCE = 256
"""Rows whose bytes are in memory together."""
Lost = dict[int, str]
"""Row → which bytes it refers to that nobody has."""


class RowColumns:
    """Row features, computed from the other columns of a batch.

    names: what they read. resolve: finds the bytes of references.
    """

    def __init__(
        self, features: Iterable[RowFeature], functions: str | None, kinds: Mapping[str, Kind], resolve: Resolve
    ) -> None:
        self.computed = row_features(features, functions)
        self.names = tuple(dict.fromkeys(name for one in self.computed.values() for name in one.names))
        self._references = [name for name in self.names if kinds[name] == "reference"]
        self._resolve = resolve

    def evaluate(self, columns: Mapping[str, Column], rows: int) -> tuple[dict[str, Column], Lost]:
        """Their columns by name, and the rows that refer to bytes which nobody has: these miss what looks at bytes."""
        looking = {name: one for name, one in self.computed.items() if not set(self._references).isdisjoint(one.names)}
        plain = {name: one for name, one in self.computed.items() if name not in looking}
        found = _evaluated(plain, columns, rows)
        if not looking:
            return found, {}
        parts, lost = list[dict[str, Column]](), Lost()
        # a function sees each row by itself, so where a batch is cut changes nothing
        for start in range(0, max(rows, 1), AT_ONCE):
            part = {name: columns[name][start : start + AT_ONCE] for name in self.names}
            size = min(AT_ONCE, rows - start)
            held, its = self._held(part)
            made = _evaluated(looking, part | held, size)
            for column in made.values():
                column[list(its)] = np.nan
            parts.append(made)
            lost |= {start + row: why for row, why in its.items()}
        return found | {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, lost

    def _held(self, columns: Mapping[str, Column]) -> tuple[dict[str, Column], Lost]:
        """The bytes of each reference, None where it is null or nobody has them; and where it is the latter."""
        named = {name: _present(columns[name]) for name in self._references}
        data = self._resolve(set().union(*named.values()))
        lost: Lost = {}
        for name in self._references:
            for row, one in enumerate(columns[name]):
                if one and one not in data:
                    lost[row] = f"{name}: the object store holds no bytes whose SHA-256 is {one}"
        return {name: _objects([data.get(one) for one in columns[name]]) for name in self._references}, lost


def _evaluated(
    computed: Mapping[str, Expression | RowFunction], columns: Mapping[str, Column], rows: int
) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for name, one in computed.items():
        column = one.evaluate(columns, rows)
        values = one.values if isinstance(one, RowFunction) else None
        found |= dict(zip(row_columns(name, values), column.T if values else [column], strict=True))
    return found


def _present(column: Column) -> set[str]:
    return {one for one in column if one}


def _objects(values: Sequence[bytes | None]) -> Column:
    column = np.empty(len(values), object)
    column[:] = values
    return column
