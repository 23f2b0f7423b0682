"""Values of records that lie in their bytes until somebody asks for a field, which is then read of all at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, repeat
from operator import attrgetter
from typing import Any, TypeVar, cast

from services.chassis.columnar_reader import ColumnarReader
from services.chassis.cursor import Cursor
from services.contracts.record import Value

T = TypeVar("T")


class Block:
    """The records of one schema that came together. cursor: after them. starts: of each field, and of what follows."""

    def __init__(self, reader: ColumnarReader, cursor: Cursor, starts: Mapping[str, Any]) -> None:
        self._reader, self._cursor, self._starts = reader, cursor, starts
        self._columns: dict[str, list[Any]] = {}

    @property
    def fields(self) -> Mapping[str, Any]:
        """Names and types, in order."""
        return self._reader.fields

    def column(self, name: str) -> list[Any]:
        """A field of every record. KeyError."""
        if name not in self._columns:
            self._columns[name] = self._reader.column(name, self._cursor.at_places(self._starts[name]))
        return self._columns[name]

    def bytes_of(self, first: str, last: str) -> list[bytes]:
        """The bytes of a run of fields of every record, as they came."""
        names = list(self._starts)
        starts, ends = self._starts[first], self._starts[names[names.index(last) + 1]]
        joined = self._cursor.joined
        return [joined[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


class Row(Mapping[str, Any]):
    """One record of a block, as a mapping."""

    __slots__ = ("block", "place")

    def __init__(self, block: Block, place: int) -> None:
        self.block, self.place = block, place

    def __getitem__(self, name: str) -> Any:
        return self.block.column(name)[self.place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.block.fields)

    def __len__(self) -> int:
        return len(self.block.fields)


def rows_of(reader: ColumnarReader, records: Sequence[bytes], start: int) -> list[Row | None]:
    """The values of records, from byte `start` to their ends; None where one isn't plain."""
    cursor, starts = reader.scan(records, start)
    plain = cursor.plain()
    block = Block(reader, cursor.only(plain), {name: places[plain] for name, places in starts.items()})
    rows = map(Row, repeat(block), range(len(records)))
    return list(rows) if plain.all() else [next(rows) if one else None for one in plain.tolist()]


class Columns:
    """Some values, to be asked for a field of all of them."""

    def __init__(self, values: Sequence[Value]) -> None:
        self._values = values
        self._parts = _parts(cast(Sequence[Row], values)) if set(map(type, values)) == {Row} else None

    def __getitem__(self, name: str) -> list[Any]:
        if self._parts is None:
            return [value[name] for value in self._values]
        return self.gathered(lambda block: block.column(name))

    def gathered(self, of: Callable[[Block], Sequence[T]]) -> list[T]:
        """What is told of each row, by what is told of all rows of its block. Only where all values are rows."""
        assert self._parts is not None
        found: list[T] = []
        for block, places in self._parts:
            told = of(block)
            found += told[places] if isinstance(places, slice) else map(told.__getitem__, places)
        return found


def _parts(rows: Sequence[Row]) -> list[tuple[Block, slice | list[int]]]:
    """Runs of rows of one block, with their places in it."""
    parts: list[tuple[Block, slice | list[int]]] = []
    for block, its in groupby(rows, attrgetter("block")):
        places = [row.place for row in its]
        first, last = places[0], places[-1] + 1
        parts.append((block, slice(first, last) if places == list(range(first, last)) else places))
    return parts
