"""Rows of a table as records of an Avro schema."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_WHOLE = ("int", "long")


class TableMismatch(ValueError):
    """A table lacks what its schema asks for; the message names every column."""


class Rows:
    """Rows of a table, made into records of a schema as they are asked for: typed columns take a fraction of the room.

    types: field → `int`, `long`, `float`, `double`, `boolean`, `string`, `enum` or `timestamp`; a timestamp may be
    microseconds, a datetime or ISO text. An absent column is null where the schema has a default; columns that the
    schema doesn't know are left out. Raises TableMismatch.
    """

    def __init__(self, table: pd.DataFrame, schema: Mapping[str, Any], types: Mapping[str, str]) -> None:
        absent = [field["name"] for field in schema["fields"] if field["name"] not in table and "default" not in field]
        if absent:
            raise TableMismatch(
                f"{schema['name']} needs {', '.join(absent)}; the table has {', '.join(map(str, table))}"
            )
        self._length = len(table)
        self._names = [field["name"] for field in schema["fields"]]
        self._defaults = {field["name"]: field["default"] for field in schema["fields"] if field["name"] not in table}
        present = [field for field in schema["fields"] if field["name"] in table]
        self._missing = {field["name"]: _missing(table[field["name"]], field, types) for field in present}
        self._columns = {
            name: _typed(table[name].reset_index(drop=True), gone, types[name]) for name, gone in self._missing.items()
        }

    def __len__(self) -> int:
        return self._length

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def column(self, name: str) -> pd.Series:
        """A field of all rows."""
        return self._columns[name]

    def take(self, index: NDArray[np.int64]) -> list[dict[str, Any]]:
        """Some rows, one dict each, with the schema's fields as plain Python values."""
        columns = [self._values(name, index) for name in self._names]
        return [dict(zip(self._names, values, strict=True)) for values in zip(*columns, strict=True)]

    def _values(self, name: str, index: NDArray[np.int64]) -> list[Any]:
        if name in self._defaults:
            return [self._defaults[name]] * len(index)
        values: list[Any] = self._columns[name].iloc[index].tolist()
        gone = self._missing[name]
        if gone is None:
            return values
        return [None if lost else value for value, lost in zip(values, gone[index].tolist(), strict=True)]


def microseconds(column: pd.Series) -> pd.Series:
    """Times as integers of microseconds since 1970 UTC, from integers, datetimes or ISO texts (UTC unless they say)."""
    if pd.api.types.is_integer_dtype(column):
        return column.astype(np.int64)
    times = pd.to_datetime(column, utc=True, format=None if pd.api.types.is_datetime64_any_dtype(column) else "ISO8601")
    return times.astype("datetime64[us, UTC]").astype(np.int64)


def _missing(column: pd.Series, field: Mapping[str, Any], types: Mapping[str, str]) -> NDArray[np.bool_] | None:
    """Which values are null; None where there are none, or where they are numbers that validation has to judge."""
    gone = column.isna().to_numpy()
    nullable = isinstance(field["type"], list) and "null" in field["type"]
    if not gone.any() or (not nullable and types[field["name"]] in ("float", "double")):
        return None
    if not nullable:
        raise TableMismatch(f"column {column.name} has {int(gone.sum())} empty values and may have none")
    return gone


def _typed(column: pd.Series, gone: NDArray[np.bool_] | None, kind: str) -> pd.Series:
    """The column as its type, with anything in place of nulls."""
    if gone is None:
        return _converted(column, kind)
    if gone.all():
        return pd.Series(np.zeros(len(column)))
    present = _converted(column[~gone], kind)
    return present.reindex(range(len(column)), fill_value=present.iloc[0])


def _converted(column: pd.Series, kind: str) -> pd.Series:
    if kind == "timestamp":
        return microseconds(column)
    if kind in ("string", "enum"):
        return column.astype("str")
    if kind in _WHOLE:
        return column.astype(np.int64)
    return _flags(column) if kind == "boolean" else column.astype(np.float64)


def _flags(column: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return column.astype(bool)
    texts = column.astype("str").str.lower()
    if not texts.isin(["true", "false", "1", "0"]).all():
        raise TableMismatch(f"column {column.name} holds more than true and false")
    return texts.isin(["true", "1"])
