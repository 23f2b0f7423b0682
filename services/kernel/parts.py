"""The parts of an entity's row: which features need, and where in the row they lie."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.kernel import distinct, fold
from services.kernel.aggregate import Keeps, Part
from services.kernel.definition import SOURCES, FeatureDefinition, aggregate_of

DAY = 86_400_000_000
ABSENT = -1


def tiles_of(window: int | None) -> tuple[int, int]:
    """Width (µs) and number of the tiles that cover a window: 12 up to a day, 7 above; (0, 1) for a window without end.

    It depends on the window alone, so that a feature means the same whatever stands beside it. Twelfths of a day are
    two hours; sevenths of 7 and 28 days are whole days.
    """
    if window is None:
        return 0, 1
    tiles = min(12 if window <= DAY else 7, window)
    return window // tiles, tiles


class ValueColumn(NamedTuple):
    """A column that the caller supplies with the records of a source: an expression's values, or their hashes."""

    expression: str
    hashed: bool = False


@dataclass(slots=True)
class Allocation:
    """Words handed out so far: 8-byte words, with the entity's latest time first, and behind them 4-byte words."""

    wide: int = fold.LATEST + 1
    narrow: int = 0

    def take_wide(self) -> int:
        self.wide += 1
        return self.wide - 1

    def take_narrow(self, words: int) -> int:
        self.narrow += words
        return self.narrow - words

    @property
    def words(self) -> int:
        """Length of the row in 8-byte words."""
        return self.wide + (self.narrow + 1) // 2


@dataclass(slots=True)
class RowPart:
    """A part of the row, shared by all features with the same key.

    Places are numbered within the 8-byte words (`wide`), or within the 4-byte words that follow them (`narrow`).
    """

    part: Part
    source: str
    value: str | None
    window: int | None = None
    half_life: int | None = None
    depth: int = 0
    keeps: set[Keeps] = field(default_factory=set)
    with_value: bool = False
    wide: dict[str, int] = field(default_factory=dict)
    narrow: dict[str, int] = field(default_factory=dict)

    @property
    def tiles(self) -> int:
        return tiles_of(self.window)[1]

    def allocate(self, allocation: Allocation) -> None:
        """Take the words of this part."""
        if self.part is Part.RECENCY:
            self.wide["seen_at"] = allocation.take_wide()
            if self.with_value:
                self.narrow["value"] = allocation.take_narrow(1)
        elif self.part is Part.LAG:
            self.narrow["next"] = allocation.take_narrow(1)
            self.narrow["values"] = allocation.take_narrow(self.depth)
        elif self.part is Part.SKETCH:
            self.narrow["sketch"] = allocation.take_narrow(distinct.WORDS)
        elif self.part is Part.DECAY:
            for name in ("seen_at", *sorted(self.keeps)):
                self.wide[name] = allocation.take_wide()
        else:
            self._allocate_ring(allocation)

    def _allocate_ring(self, allocation: Allocation) -> None:
        for kept in (Keeps.SUM, Keeps.SQUARES):
            if kept in self.keeps:
                self.wide[kept] = allocation.take_wide()
                self.narrow[kept] = allocation.take_narrow(self.tiles - 1)
        for kept in (Keeps.COUNT, Keeps.LOWEST, Keeps.HIGHEST):
            if kept in self.keeps:
                self.narrow[kept] = allocation.take_narrow(self.tiles)

    @property
    def bytes(self) -> int:
        """Bytes in each row."""
        if self.part is Part.RECENCY:
            return 8 + 4 * self.with_value
        if self.part is Part.LAG:
            return 4 + 4 * self.depth
        if self.part is Part.SKETCH:
            return 4 * distinct.WORDS
        if self.part is Part.DECAY:
            return 8 + 8 * len(self.keeps)
        doubles = len(self.keeps & {Keeps.SUM, Keeps.SQUARES})
        return 8 * doubles + 4 * doubles * (self.tiles - 1) + 4 * (len(self.keeps) - doubles) * self.tiles


def part_key(definition: FeatureDefinition) -> tuple[object, ...]:
    """Features with the same key share a part."""
    part = aggregate_of(definition).part
    return part, definition.source, definition.value, definition.window, definition.half_life


def parts_of(definitions: Sequence[FeatureDefinition]) -> dict[tuple[object, ...], RowPart]:
    """The parts that the definitions need, by `part_key`, in order of first need, without places yet.

    A ring that keeps squares also serves means and counts of the same value and window, so sharing never changes what
    a feature is.
    """
    parts: dict[tuple[object, ...], RowPart] = {}
    for definition in definitions:
        aggregate, key = aggregate_of(definition), part_key(definition)
        new = RowPart(aggregate.part, definition.source, definition.value, definition.window, definition.half_life)
        part = parts.setdefault(key, new)
        part.keeps |= aggregate.keeps
        part.depth = max(part.depth, definition.lag or 0)
        part.with_value = part.with_value or definition.agg == "last"
    return parts


def column_of(part: RowPart, columns: dict[str, list[ValueColumn]]) -> int:
    """Number of the part's value among the columns of its source; added there if new."""
    if part.value is None:
        return ABSENT
    of_source, column = columns[part.source], ValueColumn(part.value, part.part is Part.SKETCH)
    if column not in of_source:
        of_source.append(column)
    return of_source.index(column)


def source_of(part: RowPart) -> int:
    """The kernel's number of the part's source."""
    return SOURCES.index(part.source)
