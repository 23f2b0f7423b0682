"""Where rows of a table aren't what a topic's records make of them: compared by columns, not by rows."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from services.lake.adapters.arrow_columns import whole

_AS_BITS = {pa.float32(): pa.int32(), pa.float64(): pa.int64()}
_SHOWN = 60

Schema = Mapping[str, Any]


class Difference(NamedTuple):
    """row: place of the first row that differs. what: which column, and what it has on both sides."""

    row: int
    what: str


def first_difference(sent: Any, held: Any, schema: Schema) -> Difference | None:
    """The first row of two tables of as many that isn't the same. schema: of the records, in Avro.

    A null stands for a field's default: what was written before the schema had the field. Numbers are equal if their
    bits are, so that NaN equals itself.
    """
    found = [_of_column(*leaf) for leaf in _leaves(sent, held, schema)]
    return min((one for one in found if one is not None), default=None)


def _leaves(sent: Any, held: Any, schema: Schema) -> Iterator[tuple[str, Any, Any]]:
    """Name of each column, or of each field of a record in one, with both sides' values."""
    defaults = {field["name"]: field for field in schema["fields"]}
    for name in sent.schema.names:
        ours, theirs = whole(sent[name]), _column(held, name)
        if not pa.types.is_struct(ours.type):
            yield (name, *_alike(ours, theirs, defaults.get(name, {}).get("default")))
            continue
        inner = {field["name"]: field.get("default") for field in _fields(defaults[name]["type"])}
        for field in ours.type:
            there = theirs is not None and theirs.type.get_field_index(field.name) >= 0
            child = pc.struct_field(theirs, field.name) if there else None
            yield (f"{name}.{field.name}", *_alike(pc.struct_field(ours, field.name), child, inner.get(field.name)))


def _fields(avro: Any) -> list[Schema]:
    """The fields of a record, or of the one in a union."""
    if isinstance(avro, list):
        avro = next(member for member in avro if member != "null")
    found: list[Schema] = avro["fields"]
    return found


def _column(table: Any, name: str) -> Any:
    return whole(table[name]) if name in table.schema.names else None


def _alike(ours: Any, theirs: Any, default: Any) -> tuple[Any, Any]:
    """Both sides of one type, with a default in the place of null."""
    theirs = pa.nulls(len(ours), ours.type) if theirs is None else theirs
    if theirs.type != ours.type:
        theirs = theirs.cast(ours.type, safe=False)
    if isinstance(default, bool | int | float | str) and not pa.types.is_nested(ours.type):
        value = pa.scalar(default).cast(ours.type)
        ours, theirs = ours.fill_null(value), theirs.fill_null(value)
    return ours, theirs


def _of_column(name: str, ours: Any, theirs: Any) -> Difference | None:
    bits = _AS_BITS.get(ours.type)
    left, right = (ours.view(bits), theirs.view(bits)) if bits else (ours, theirs)
    start = 0
    while (row := _first_unequal(left, right, start)) is not None:
        sides = repr(ours[row].as_py()), repr(theirs[row].as_py())
        # NaN within a list or a map is equal to itself in text only
        if bits or sides[0] != sides[1]:
            return Difference(row, "{}: the topic has {}, the table has {}".format(name, *map(_short, sides)))
        start = row + 1
    return None


def _first_unequal(left: Any, right: Any, start: int) -> int | None:
    """By halves: comparing costs little beside finding where."""
    if left.slice(start).equals(right.slice(start)):
        return None
    low, high = start, len(left)
    while high - low > 1:
        middle = (low + high) // 2
        if left.slice(low, middle - low).equals(right.slice(low, middle - low)):
            low = middle
        else:
            high = middle
    return low


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
