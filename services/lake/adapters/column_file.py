"""Events or labels in a file (CSV, Parquet or JSON lines, by its name) as typed columns."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, json, parquet

from services.lake.adapters.arrow_columns import constant

_TIME = pa.timestamp("us", tz="UTC")
_TYPES = {
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "enum": pa.string(),
}


def read_columns(path: Path, schema: Mapping[str, Any], types: Mapping[str, str]) -> Any:
    """A table with the fields of an Avro schema in their types, rows as they stand; times in microseconds.

    types: see `Rows` of ingestion, whose rules hold: an absent column has its default, columns that the schema doesn't
    know are left out. Raises ValueError that names file and column.
    """
    raw = _read(path)
    fields = schema["fields"]
    absent = [field["name"] for field in fields if field["name"] not in raw.column_names and "default" not in field]
    if absent:
        raise ValueError(f"{path}: {schema['name']} needs {', '.join(absent)}; it has {', '.join(raw.column_names)}")
    columns = {}
    for field in fields:
        name = field["name"]
        there = name in raw.column_names
        column = raw[name] if there else constant(field["default"], len(raw))
        columns[name] = _typed(path, name, column, types[name])
        if there and "null" not in field["type"] and types[name] not in ("float", "double"):
            _refuse_empty(path, name, columns[name])
    return pa.table(columns)


def no_rows(types: Mapping[str, str]) -> Any:
    """A table of these fields without rows."""
    return pa.table({name: pa.array([], _TYPES.get(kind, pa.int64())) for name, kind in types.items()})


def _read(path: Path) -> Any:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    name = path.name.lower().removesuffix(".gz")
    try:
        if name.endswith(".csv"):
            return _read_csv(path)
        if name.endswith((".jsonl", ".ndjson")):
            return json.read_json(path)
        if name.endswith(".parquet"):
            return parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{path} can't be read: {error}") from error
    raise ValueError(f"{path.name} is none of .csv, .csv.gz, .parquet, .jsonl, .jsonl.gz, .ndjson")


def _read_csv(path: Path) -> Any:
    # identities such as 007 stay texts: the schema says what becomes a number
    names = csv.open_csv(path).schema.names
    texts = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
    )
    return csv.read_csv(path, convert_options=texts)


def _typed(path: Path, name: str, column: Any, kind: str) -> Any:
    try:
        if kind == "timestamp":
            return _times(column)
        if kind == "boolean" and pa.types.is_string(column.type):
            return pc.utf8_lower(column).cast(pa.bool_())
        return column.cast(_TYPES[kind], safe=kind not in ("float", "double"))
    except (pa.ArrowException, ValueError) as error:
        raise ValueError(f"{path}: column {name} doesn't hold {kind}: {error}") from error


def _times(column: Any) -> Any:
    """Microseconds, datetimes or ISO texts (UTC unless they say), as microseconds."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", tz=column.type.tz), safe=False).cast(pa.int64())
    if pa.types.is_string(column.type):
        times = pd.to_datetime(column.to_pandas(), utc=True, format="ISO8601").astype("datetime64[us, UTC]")
        return pa.array(times, _TIME).cast(pa.int64())
    return column.cast(pa.int64())


def _refuse_empty(path: Path, name: str, column: Any) -> None:
    if column.null_count:
        raise ValueError(f"{path}: column {name} has {column.null_count} empty values and may have none")
