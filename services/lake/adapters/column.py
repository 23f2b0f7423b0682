"""Avro types as Arrow types: what a column of a table holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from services.contracts.record import Record

Convert = Callable[[Any], Any]

_TIME = pa.timestamp("us", tz="UTC")
_PRIMITIVE = {
    "string": pa.string(),
    "bytes": pa.binary(),
    "long": pa.int64(),
    "int": pa.int32(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
}
POSITION = pa.schema(
    [
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
        ("kafka_key", pa.string()),
        ("kafka_time", _TIME),
        ("kafka_day", pa.date32()),
    ]
)
"""The first columns of every table: where a record stood, its key, when Kafka appended it, and on what day of UTC."""
DAY = "kafka_day"


@dataclass(frozen=True, slots=True)
class ColumnType:
    """An Arrow type, and how a decoded Avro value becomes one of it; None where it is one already."""

    arrow: Any
    convert: Convert | None = None

    def values(self, raw: Sequence[Any]) -> Any:
        """A column of values."""
        convert = self.convert
        return pa.array(raw if convert is None else [convert(value) for value in raw], self.arrow)


class RecordColumns:
    """The columns of a table that holds records of one Avro schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._fields = {field["name"]: column_type(field["type"]) for field in schema["fields"]}
        self.schema = pa.schema([*POSITION, *((name, column.arrow) for name, column in self._fields.items())])

    def to_table(self, records: Sequence[Record]) -> Any:
        """Records as an Arrow table."""
        position = [
            [record.partition for record in records],
            [record.offset for record in records],
            [record.key for record in records],
            [record.timestamp for record in records],
        ]
        columns = [pa.array(values, field.type) for values, field in zip(position, POSITION, strict=False)]
        columns.append(columns[-1].cast(pa.date32()))
        columns += [column.values([r.value[name] for r in records]) for name, column in self._fields.items()]
        return pa.table(columns, schema=self.schema)


def column_type(avro: Any) -> ColumnType:
    """The column type of an Avro type. What Arrow has no like of (unions of several types) is kept as JSON text."""
    if isinstance(avro, list):
        some = [member for member in avro if member != "null"]
        return column_type(some[0]) if len(some) == 1 else _JSON
    if isinstance(avro, str):
        return ColumnType(_PRIMITIVE[avro]) if avro in _PRIMITIVE else _JSON
    logical = str(avro.get("logicalType", ""))
    if logical in _LOGICAL:
        return _LOGICAL[logical]
    return _COMPLEX.get(avro["type"], _plain)(avro)


def _plain(avro: Mapping[str, Any]) -> ColumnType:
    return column_type(avro["type"])


def _array(avro: Mapping[str, Any]) -> ColumnType:
    items = column_type(avro["items"])
    convert = items.convert
    if convert is None:
        return ColumnType(pa.list_(items.arrow))
    return ColumnType(pa.list_(items.arrow), lambda many: None if many is None else [convert(one) for one in many])


def _map(avro: Mapping[str, Any]) -> ColumnType:
    values = column_type(avro["values"])
    convert = values.convert or (lambda value: value)
    return ColumnType(
        pa.map_(pa.string(), values.arrow),
        lambda many: None if many is None else [(key, convert(value)) for key, value in many.items()],
    )


def _record(avro: Mapping[str, Any]) -> ColumnType:
    if not avro["fields"]:
        return _JSON
    columns = {field["name"]: column_type(field["type"]) for field in avro["fields"]}
    arrow = pa.struct([(name, column.arrow) for name, column in columns.items()])
    converts = {name: column.convert for name, column in columns.items() if column.convert is not None}
    if not converts:
        return ColumnType(arrow)
    return ColumnType(
        arrow,
        lambda value: None if value is None else {**value, **{name: to(value[name]) for name, to in converts.items()}},
    )


def _enum(_avro: Mapping[str, Any]) -> ColumnType:
    return ColumnType(pa.string())


def _fixed(_avro: Mapping[str, Any]) -> ColumnType:
    return ColumnType(pa.binary())


def _to_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, default=_json_default, option=orjson.OPT_SORT_KEYS).decode()


def _json_default(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_JSON = ColumnType(pa.string(), _to_json)
_LOGICAL = {
    "timestamp-micros": ColumnType(_TIME),
    "local-timestamp-micros": ColumnType(_TIME),
    "date": ColumnType(pa.date32()),
    "decimal": _JSON,
    "duration": _JSON,
}
_COMPLEX: dict[str, Callable[[Mapping[str, Any]], ColumnType]] = {
    "array": _array,
    "map": _map,
    "record": _record,
    "enum": _enum,
    "fixed": _fixed,
}
