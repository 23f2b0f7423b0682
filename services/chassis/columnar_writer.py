"""Encodes many Avro records of one schema at once, field by field over all of them.

The bytes are those that fastavro writes. A value that isn't of exactly the type that a field names is refused, and left
to fastavro, which knows what else may stand for it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, groupby, islice, repeat
from typing import Any

import numpy as np

from services.chassis import varint
from services.chassis.columnar_reader import fields_of
from services.chassis.rows import Block, Columns, Row
from services.contracts.record import Extended, plain_of

Column = Callable[[Sequence[Any]], Sequence[bytes]]
"""Encodes one value for each record."""

_END = b"\0"
_FLAGS = {False: b"\0", True: b"\1"}
_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1


class Unfit(Exception):
    """Some value isn't of the type that is expected here."""


class ColumnarWriter:
    """Writes records of one schema, as fastavro parsed it.

    Raises KeyError for a schema with a type that isn't written here.
    """

    def __init__(self, parsed: Any) -> None:
        self._column = _column(parsed)
        self._fields: dict[str, Any] = fields_of(parsed)
        named: dict[str, Column] = {}
        self._columns = {name: _column(kind, named) for name, kind in self._fields.items()}

    def write(self, header: bytes, values: Sequence[Any]) -> list[bytes]:
        """Each value after a header. Raises Unfit."""
        try:
            types = set(map(type, values))
            if types == {Extended} and set(map(type, bases := [value.base for value in values])) == {Row}:
                parts = self._extended(values, bases)
                return list(map(b"".join, zip(repeat(header, len(values)), *parts, strict=True)))
            plain = list(map(plain_of, values)) if types & {Extended, Row} else values
            return [header + data for data in self._column(plain)]
        except (KeyError, OverflowError, UnicodeEncodeError) as error:
            raise Unfit(str(error)) from error

    def _extended(self, values: Sequence[Extended], bases: Sequence[Row]) -> list[Sequence[bytes]]:
        """Fields of their own encoded, runs of those alike once, runs of those carried copied."""
        carried, alike = values[0].carried, values[0].alike
        # of several partitions there are several, which say the same
        if any(value.carried is not carried for value in values) or any(
            value.alike is not alike and value.alike != alike for value in values
        ):
            raise Unfit("fields carried of some only, or alike in some only")
        parts: list[Sequence[bytes]] = []
        columns = Columns(bases)
        for (is_carried, is_alike), names in groupby(self._fields, lambda name: (name in carried, name in alike)):
            run = list(names)
            if is_carried:
                spans = self._runs(bases[0].block, run)
                parts += [columns.gathered(partial(Block.bytes_of, first=first, last=last)) for first, last in spans]
            elif is_alike:
                parts.append([b"".join(self._columns[name]([alike[name]])[0] for name in run)] * len(values))
            else:
                parts += [self._columns[name]([value.own[name] for value in values]) for name in run]
        return parts

    def _runs(self, block: Block, names: Sequence[str]) -> list[tuple[str, str]]:
        """First and last of the fields that follow each other in a block too. Raises Unfit for another type."""
        theirs = list(block.fields)
        if any(block.fields[name] != self._fields[name] for name in names):
            raise Unfit("a carried field of another type")
        runs = [(names[0], names[0])]
        for name in names[1:]:
            first, last = runs[-1]
            follows = theirs.index(name) == theirs.index(last) + 1
            runs[-1:] = [(first, name)] if follows else [(first, last), (name, name)]
        return runs


def _column(parsed: Any, named: dict[str, Column] | None = None) -> Column:
    """named: the records that were met before, of which the schema says no more than the name."""
    named = {} if named is None else named
    if isinstance(parsed, list):
        return _union(parsed)
    if isinstance(parsed, str):
        return named[parsed] if parsed in named else _PRIMITIVE[parsed]
    if "logicalType" in parsed:
        raise KeyError(parsed["logicalType"])
    match parsed["type"]:
        case "record":
            fields = {field["name"]: _column(field["type"], named) for field in parsed["fields"]}
            return named.setdefault(parsed["name"], _record(fields))
        case "array":
            return _array(_column(parsed["items"], named))
        case "map":
            return _map(_column(parsed["values"], named))
        case "enum":
            return _enum(parsed["symbols"])
        case kind:
            return _column(kind, named)


def _demand(values: Sequence[Any], *types: type) -> None:
    if not set(map(type, values)) <= set(types):
        raise Unfit(f"expected {types}")


def _nothing(values: Sequence[Any]) -> Sequence[bytes]:
    _demand(values, type(None))
    return [b""] * len(values)


def _flag(values: Sequence[Any]) -> Sequence[bytes]:
    _demand(values, bool)
    return [_FLAGS[value] for value in values]


def _long(values: Sequence[Any]) -> Sequence[bytes]:
    _demand(values, int)
    return varint.written(np.array(values, np.int64))


def _int(values: Sequence[Any]) -> Sequence[bytes]:
    if values and not _INT_MIN <= min(values) <= max(values) <= _INT_MAX:
        raise Unfit("expected 32 bits")
    return _long(values)


def _double(values: Sequence[Any]) -> Sequence[bytes]:
    _demand(values, float, int)
    return _sliced(np.array(values, "<f8"))


def _single(values: Sequence[Any]) -> Sequence[bytes]:
    _demand(values, float, int)
    with np.errstate(over="raise"):
        try:
            return _sliced(np.array(values, "<f8").astype("<f4"))
        except FloatingPointError as error:
            raise Unfit("expected 32 bits") from error


def _sliced(column: Any) -> Sequence[bytes]:
    data, size = column.tobytes(), column.itemsize
    return [data[start : start + size] for start in range(0, len(data), size)]


def _bytes(values: Sequence[Any]) -> Sequence[bytes]:
    _demand(values, bytes)
    return _with_size(values)


def _text(values: Sequence[Any]) -> Sequence[bytes]:
    _demand(values, str)
    distinct = list(set(values))
    if len(distinct) == 1:
        return _with_size([distinct[0].encode()]) * len(values)
    written = dict(zip(distinct, _with_size([text.encode() for text in distinct]), strict=True))
    return [written[text] for text in values]


def _with_size(values: Sequence[bytes]) -> list[bytes]:
    return [size + value for size, value in zip(_sizes(values), values, strict=True)]


def _sizes(values: Sequence[Any]) -> list[bytes]:
    sizes = list(map(len, values))
    distinct = set(sizes)
    written = dict(zip(distinct, varint.written(np.fromiter(distinct, np.int64)), strict=True))
    return [written[size] for size in sizes]


_PRIMITIVE: dict[str, Column] = {
    "null": _nothing,
    "boolean": _flag,
    "int": _int,
    "long": _long,
    "float": _single,
    "double": _double,
    "bytes": _bytes,
    "string": _text,
}


def _record(columns: Mapping[str, Column]) -> Column:
    def write(values: Sequence[Any]) -> Sequence[bytes]:
        _demand(values, dict)
        fields = [column([value[name] for value in values]) for name, column in columns.items()]
        return list(map(b"".join, zip(*fields, strict=True)))

    return write


def _enum(symbols: Sequence[str]) -> Column:
    written = dict(zip(symbols, _long(range(len(symbols))), strict=True))
    return lambda values: [written[value] for value in values]


def _union(parsed: Sequence[Any]) -> Column:
    """Only of null and another type: which of several others a value is meant to be, fastavro decides."""
    if len(parsed) != 2 or "null" not in parsed:
        raise KeyError("union")
    null, other = (b"\0", b"\2") if parsed[0] == "null" else (b"\2", b"\0")
    column = _column(parsed[1] if parsed[0] == "null" else parsed[0])

    def write(values: Sequence[Any]) -> Sequence[bytes]:
        if None not in values:
            return [other + data for data in column(values)]
        given = iter(column([value for value in values if value is not None]))
        return [null if value is None else other + next(given) for value in values]

    return write


def _array(item: Column) -> Column:
    def write(values: Sequence[Any]) -> Sequence[bytes]:
        _demand(values, list)
        return _blocks(values, item(list(chain.from_iterable(values))))

    return write


def _map(column: Column) -> Column:
    def write(values: Sequence[Any]) -> Sequence[bytes]:
        _demand(values, dict)
        keys = _text(list(chain.from_iterable(values)))
        items = column(list(chain.from_iterable(value.values() for value in values)))
        return _blocks(values, list(map(b"".join, zip(keys, items, strict=True))))

    return write


def _blocks(values: Sequence[Any], items: Sequence[bytes]) -> Sequence[bytes]:
    """Arrays or maps, all items of one in one block."""
    following = iter(items)
    return [
        size + b"".join(islice(following, len(value))) + _END if value else _END
        for size, value in zip(_sizes(values), values, strict=True)
    ]
