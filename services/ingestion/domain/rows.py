"""Rows of a table as records of an Avro schema."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

_WHOLE = ("int", "long")


class TableMismatch(ValueError):
    """A table lacks what its schema asks for; the message names every column."""


def rows(table: pd.DataFrame, schema: Mapping[str, Any], types: Mapping[str, str]) -> list[dict[str, Any]]:
    """One dict a row, with the schema's fields as plain Python values; other columns are left out.

    types: field → `int`, `long`, `float`, `double`, `boolean`, `string`, `enum` or `timestamp`; a timestamp may be
    microseconds, a datetime or ISO text. An absent column is null where the schema has a default.
    """
    absent = [field["name"] for field in schema["fields"] if field["name"] not in table and "default" not in field]
    if absent:
        raise TableMismatch(f"{schema['name']} needs {', '.join(absent)}; the table has {', '.join(map(str, table))}")
    columns: dict[str, list[Any]] = {}
    for field in schema["fields"]:
        name = field["name"]
        if name in table:
            columns[name] = _values(table[name], types[name], _is_nullable(field))
        else:
            columns[name] = [field["default"]] * len(table)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def microseconds(column: pd.Series) -> pd.Series:
    """Times as integers of microseconds since 1970 UTC, from integers, datetimes or ISO texts (UTC unless they say)."""
    if pd.api.types.is_integer_dtype(column):
        return column.astype(np.int64)
    times = pd.to_datetime(column, utc=True, format=None if pd.api.types.is_datetime64_any_dtype(column) else "ISO8601")
    return times.astype("datetime64[us, UTC]").astype(np.int64)


def _is_nullable(field: Mapping[str, Any]) -> bool:
    return isinstance(field["type"], list) and "null" in field["type"]


def _values(column: pd.Series, kind: str, nullable: bool) -> list[Any]:
    missing = column.isna()
    if missing.any():
        if not nullable and kind not in ("float", "double"):
            raise TableMismatch(f"column {column.name} has {int(missing.sum())} empty values and may have none")
        present = iter(_plain(column[~missing], kind))
        empty = None if nullable else float("nan")
        return [empty if gone else next(present) for gone in missing]
    return _plain(column, kind)


def _plain(column: pd.Series, kind: str) -> list[Any]:
    values: list[Any]
    if kind == "timestamp":
        values = microseconds(column).tolist()
    elif kind in ("string", "enum"):
        values = column.astype(str).tolist()
    elif kind in _WHOLE:
        values = column.astype(np.int64).tolist()
    elif kind == "boolean":
        values = _flags(column)
    else:
        values = column.astype(np.float64).tolist()
    return values


def _flags(column: pd.Series) -> list[bool]:
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        flags: list[bool] = column.astype(bool).tolist()
        return flags
    texts = column.astype(str).str.lower()
    if not texts.isin(["true", "false", "1", "0"]).all():
        raise TableMismatch(f"column {column.name} holds more than true and false")
    return [text in ("true", "1") for text in texts]
