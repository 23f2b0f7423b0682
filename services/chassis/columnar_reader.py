"""Decodes many Avro records of one schema at once, field by field over all of them.

A reader of single records pays for a call and for each byte of an integer in each record; here numpy pays once a field
for the whole batch. What isn't plain (a wrong length, bytes left over, an integer without an end, a long array) is told
apart and left to a reader of single records, so that this one can neither refuse nor accept anything by itself.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.chassis import varint
from services.chassis.varint import Ints

_PADDING = bytes(16)
_MOST_ITEMS = 64
"""Items of an array or map; each takes a pass over the records that have so many."""

Rows = NDArray[np.intp] | slice
Column = Callable[["Cursor", Rows], list[Any]]
"""Reads one value from each of some rows, and moves them on."""


class Cursor:
    """How far each record of a batch is read. wrong: rows that can't be read here; what is read of them is void."""

    def __init__(self, records: Sequence[bytes], start: int) -> None:
        self.joined = b"".join(records) + _PADDING
        self.data = np.frombuffer(self.joined, np.uint8)
        sizes = np.fromiter(map(len, records), np.int64, len(records))
        self.end = np.cumsum(sizes)
        self.at = self.end - sizes + start
        self.wrong = np.zeros(len(records), bool)

    def integers(self, rows: Rows) -> Ints:
        """The next integer of each row."""
        values, sizes = varint.read(self.data, self.at[rows])
        self._move(rows, sizes, sizes > varint.LONGEST)
        return values

    def spans(self, rows: Rows, sizes: Ints) -> tuple[Ints, Ints]:
        """Begin and end in `joined` of the next `sizes` bytes of each row."""
        before = self.at[rows].copy()
        self._move(rows, sizes, sizes < 0)
        return before, self.at[rows]

    def reject(self, rows: Rows, which: NDArray[np.bool_]) -> None:
        """Give some of the rows up."""
        self.wrong[rows] |= which

    def places(self, rows: Rows) -> NDArray[np.intp]:
        """The rows by their numbers."""
        return np.arange(len(self.at)) if isinstance(rows, slice) else rows

    def _move(self, rows: Rows, sizes: Ints, wrong: NDArray[np.bool_]) -> None:
        at, end = self.at[rows], self.end[rows]
        wrong = wrong | (sizes > end - at)
        self.reject(rows, wrong)
        self.at[rows] = np.where(wrong, at, at + sizes)


class ColumnarReader:
    """Reads records of one schema, as fastavro parsed it, without resolving it to another.

    Raises KeyError for a schema with a type that isn't read here; logical types are left to fastavro.
    """

    def __init__(self, parsed: Any) -> None:
        self._column = _column(parsed)

    def read(self, records: Sequence[bytes], start: int) -> list[Any]:
        """The value of each record, from byte `start` to its end; None where it isn't plain. UnicodeDecodeError."""
        cursor = Cursor(records, start)
        values = self._column(cursor, slice(None))
        for row in np.flatnonzero(cursor.wrong | (cursor.at != cursor.end)).tolist():
            values[row] = None
        return values


def _column(parsed: Any) -> Column:
    if isinstance(parsed, list):
        return _union([_column(branch) for branch in parsed])
    if isinstance(parsed, str):
        return _PRIMITIVE[parsed]
    if "logicalType" in parsed:
        raise KeyError(parsed["logicalType"])
    match parsed["type"]:
        case "record":
            return _record([f["name"] for f in parsed["fields"]], [_column(f["type"]) for f in parsed["fields"]])
        case "array":
            return _array(_column(parsed["items"]))
        case "map":
            return _map(_column(parsed["values"]))
        case "enum":
            return _enum(parsed["symbols"])
        case kind:
            return _column(kind)


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
    joined = cursor.joined
    return [joined[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _text(cursor: Cursor, rows: Rows) -> list[Any]:
    found = _bytes(cursor, rows)
    # most texts of a column are the same, or few: those are made once
    texts = {data: data.decode() for data in set(found)}
    return [texts[data] for data in found]


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
        numbers, left = cursor.places(rows), cursor.integers(rows)
        values: list[list[Any]] = [[] for _ in range(len(numbers))]
        active = np.flatnonzero(left > 0)
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

    return read


def _map(value: Column) -> Column:
    def pair(cursor: Cursor, rows: Rows) -> list[Any]:
        return list(zip(_text(cursor, rows), value(cursor, rows), strict=True))

    pairs = _array(pair)
    return lambda cursor, rows: [dict(found) for found in pairs(cursor, rows)]
