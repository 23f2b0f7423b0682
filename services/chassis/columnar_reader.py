"""Decodes many Avro records of one schema at once, field by field over all of them.

A reader of single records pays for a call and for each byte of an integer in each record; here numpy pays once a field
for the whole batch. What isn't plain (a wrong length, bytes left over, an integer without an end, a long array) is told
apart and left to a reader of single records, so that this one can neither refuse nor accept anything by itself.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.chassis.cursor import Cursor, Rows
from services.chassis.varint import Ints

_MOST_ITEMS = 64
"""Items of an array or map; each takes a pass over the records that have so many."""

_LONG_TEXT = 64

Column = Callable[[Cursor, Rows], list[Any]]
"""Reads one value from each of some rows, and moves them on."""


class ColumnarReader:
    """Reads records of one schema, as fastavro parsed it, without resolving it to another.

    Raises KeyError for a schema with a type that isn't read here; logical types are left to fastavro.
    """

    def __init__(self, parsed: Any) -> None:
        self._column = _column(parsed)
        self.fields: dict[str, Any] = fields_of(parsed)
        named: dict[str, Column] = {}
        self._columns = {name: _column(kind, named) for name, kind in self.fields.items()}

    def scan(self, records: Sequence[bytes], start: int) -> tuple[Cursor, dict[str, Ints]]:
        """Where each field of each record begins, in order, and at last where the records end."""
        cursor, starts = Cursor(records, start), {}
        cursor.passing = True
        for name, column in self._columns.items():
            starts[name] = cursor.at.copy()
            column(cursor, slice(None))
        return cursor, starts | {"": cursor.at}

    def column(self, name: str, cursor: Cursor) -> list[Any]:
        """One field of all records of a cursor that stands before it."""
        return self._columns[name](cursor, slice(None))

    def read(self, records: Sequence[bytes], start: int) -> list[Any]:
        """The value of each record, from byte `start` to its end; None where it isn't plain. UnicodeDecodeError."""
        cursor = Cursor(records, start)
        values = self._column(cursor, slice(None))
        for row in np.flatnonzero(~cursor.plain()).tolist():
            values[row] = None
        return values


def fields_of(parsed: Any) -> dict[str, Any]:
    """Names and types of a record's fields, in order; empty for another type."""
    return {field["name"]: field["type"] for field in parsed["fields"]} if "fields" in parsed else {}


def _column(parsed: Any, named: dict[str, Column] | None = None) -> Column:
    """named: the records that were met before, of which the schema says no more than the name."""
    named = {} if named is None else named
    if isinstance(parsed, list):
        return _union([_column(branch, named) for branch in parsed])
    if isinstance(parsed, str):
        return named[parsed] if parsed in named else _PRIMITIVE[parsed]
    if "logicalType" in parsed:
        raise KeyError(parsed["logicalType"])
    match parsed["type"]:
        case "record":
            fields = {field["name"]: _column(field["type"], named) for field in parsed["fields"]}
            return named.setdefault(parsed["name"], _record(list(fields), list(fields.values())))
        case "array":
            return _array(_column(parsed["items"], named))
        case "map":
            return _map(_column(parsed["values"], named))
        case "enum":
            return _enum(parsed["symbols"])
        case kind:
            return _column(kind, named)


def _nothing(cursor: Cursor, rows: Rows) -> list[Any]:
    return [None] * len(cursor.at[rows])


def _integer(cursor: Cursor, rows: Rows) -> list[Any]:
    return list(cursor.integers(rows).tolist())


def _flag(cursor: Cursor, rows: Rows) -> list[Any]:
    found = _fixed(cursor, rows, 1)[:, 0]
    cursor.reject(rows, found > 1)
    return list(found.astype(bool).tolist())


def _single(cursor: Cursor, rows: Rows) -> list[Any]:
    return list(_fixed(cursor, rows, 4).view("<f4")[:, 0].tolist())


def _double(cursor: Cursor, rows: Rows) -> list[Any]:
    return list(_fixed(cursor, rows, 8).view("<f8")[:, 0].tolist())


def _bytes(cursor: Cursor, rows: Rows) -> list[Any]:
    starts, ends = cursor.spans(rows, cursor.integers(rows))
    return [None] * len(starts) if cursor.passing else _pieces(cursor, starts, ends)


def _pieces(cursor: Cursor, starts: Ints, ends: Ints) -> list[bytes]:
    joined = cursor.joined
    return [joined[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _text(cursor: Cursor, rows: Rows) -> list[Any]:
    if cursor.passing:
        return _no_text(cursor, rows)
    starts, ends = cursor.spans(rows, cursor.integers(rows))
    if _are_the_same(cursor.data, starts, ends):
        return [cursor.joined[starts[0] : ends[0]].decode()] * len(starts)
    found = _pieces(cursor, starts, ends)
    # of others there are few, mostly: those are made once
    texts = {data: data.decode() for data in set(found)}
    return [texts[data] for data in found]


def _are_the_same(data: NDArray[np.uint8], starts: Ints, ends: Ints) -> bool:
    """Whether all spans hold the same bytes."""
    if not len(starts) or not (size := ends[0] - starts[0]) <= _LONG_TEXT or not (ends - starts == size).all():
        return False
    first, last = data[starts[0] : ends[0]], data[starts[-1] : ends[-1]]
    return bool((first == last).all() and (data[starts[:, None] + np.arange(size)] == first).all())


def _no_text(cursor: Cursor, rows: Rows) -> list[Any]:
    """Passes texts, and rejects those that are none."""
    starts, ends = cursor.spans(rows, cursor.integers(rows))
    wrong = np.zeros(len(starts), bool)
    for place in np.flatnonzero(_beyond_ascii(cursor.data, starts, ends)).tolist():
        wrong[place] = not _is_text(cursor.joined[starts[place] : ends[place]])
    cursor.reject(rows, wrong)
    return [None] * len(starts)


def _beyond_ascii(data: NDArray[np.uint8], starts: Ints, ends: Ints) -> NDArray[np.bool_]:
    """Which spans may hold bytes beyond ASCII; all, where one is long."""
    longest = int((ends - starts).max(initial=0))
    if longest > _LONG_TEXT:
        return np.ones(len(starts), bool)
    places = starts[:, None] + np.arange(longest)
    beyond = (data.take(places, mode="clip") >= 0x80) & (places < ends[:, None])
    return np.asarray(beyond.any(1))


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fixed(cursor: Cursor, rows: Rows, size: int) -> NDArray[np.uint8]:
    starts, _ = cursor.spans(rows, np.full(len(cursor.at[rows]), size))
    found: NDArray[np.uint8] = cursor.data[starts[:, None] + np.arange(size)]
    return found


_PRIMITIVE: dict[str, Column] = {
    "null": _nothing,
    "boolean": _flag,
    "int": _integer,
    "long": _integer,
    "float": _single,
    "double": _double,
    "bytes": _bytes,
    "string": _text,
}


def _record(names: Sequence[str], columns: Sequence[Column]) -> Column:
    def read(cursor: Cursor, rows: Rows) -> list[Any]:
        values = [column(cursor, rows) for column in columns]
        if cursor.passing:
            return values[0]
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]

    return read


def _enum(symbols: Sequence[str]) -> Column:
    def read(cursor: Cursor, rows: Rows) -> list[Any]:
        places = cursor.integers(rows)
        beyond = (places < 0) | (places >= len(symbols))
        cursor.reject(rows, beyond)
        return [symbols[place] for place in np.where(beyond, 0, places).tolist()]

    return read


def _union(branches: Sequence[Column]) -> Column:
    def read(cursor: Cursor, rows: Rows) -> list[Any]:
        chosen = cursor.integers(rows)
        first = int(chosen[0]) if len(chosen) else 0
        if 0 <= first < len(branches) and (chosen == first).all():
            return branches[first](cursor, rows)
        cursor.reject(rows, (chosen < 0) | (chosen >= len(branches)))
        numbers, values = cursor.places(rows), [None] * len(chosen)
        for number, branch in enumerate(branches):
            of_branch = np.flatnonzero(chosen == number)
            for place, value in zip(of_branch.tolist(), branch(cursor, numbers[of_branch]), strict=True):
                values[place] = value
        return values

    return read


def _array(item: Column) -> Column:
    def read(cursor: Cursor, rows: Rows) -> list[Any]:
        left = cursor.integers(rows)
        items: list[list[Any]] = []
        # most arrays of a field are of one length
        while len(left) and left[0] > 0 and len(items) + left[0] <= _MOST_ITEMS and (left == left[0]).all():
            items += [item(cursor, rows) for _ in range(left[0])]
            left = cursor.integers(rows)
        values = list(map(list, zip(*items, strict=True))) if items else [[] for _ in range(len(left))]
        return _rest(item, cursor, rows, left, values) if left.any() else values

    return read


def _rest(item: Column, cursor: Cursor, rows: Rows, left: Ints, values: list[Any]) -> list[Any]:
    """Further items of arrays of different lengths. left: items of the block in which each array is."""
    numbers, active = cursor.places(rows), np.flatnonzero(left > 0)
    for _ in range(_MOST_ITEMS):
        if not len(active):
            break
        for place, value in zip(active.tolist(), item(cursor, numbers[active]), strict=True):
            values[place].append(value)
        left[active] -= 1
        ended = active[left[active] == 0]
        left[ended] = cursor.integers(numbers[ended])
        active = active[left[active] > 0]
    cursor.reject(rows, left != 0)
    return values


def _map(value: Column) -> Column:
    def pair(cursor: Cursor, rows: Rows) -> list[Any]:
        return list(zip(_text(cursor, rows), value(cursor, rows), strict=True))

    pairs = _array(pair)
    return lambda cursor, rows: [dict(found) for found in pairs(cursor, rows)]
