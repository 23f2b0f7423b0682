"""The features by their definition in docs/features.md, in plain Python: slow, with dictionaries, one record a call."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.contracts.pipeline import FeatureDefinition

DAY = 86_400_000_000
RING = {"count", "sum", "mean", "std", "min", "max"}


def single(value: float) -> float:
    """Rounded to single precision."""
    with np.errstate(over="ignore"):
        return float(np.float32(value))


@dataclass
class Tile:
    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    root: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    closed: bool = False

    def close(self) -> None:
        if not self.closed:
            self.closed, self.total, self.root = True, single(self.total), single(math.sqrt(self.squares))

    def add(self, value: float) -> None:
        delta = value - self.total / self.count if self.count else 0.0
        more = delta * delta * (self.count / (self.count + 1.0))
        self.count, self.total = self.count + 1, self.total + value
        self.low, self.high = min(self.low, single(value)), max(self.high, single(value))
        if self.closed:
            self.total, self.root = single(self.total), single(math.sqrt(self.root * self.root + more))
        else:
            self.squares += more

    @property
    def deviations(self) -> float:
        return self.root * self.root if self.closed else self.squares


@dataclass
class Window:
    """The tiles of one value over one window."""

    length: int | None
    tiles: dict[int, Tile] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return min(12 if self.length <= DAY else 7, self.length) if self.length else 1

    def index(self, time: int) -> int:
        return time // (self.length // self.count) if self.length else 0

    def advance(self, now: int) -> None:
        head = self.index(now)
        self.tiles = {index: tile for index, tile in self.tiles.items() if index > head - self.count}
        for index, tile in self.tiles.items():
            if index < head:
                tile.close()

    def add(self, now: int, time: int, value: float) -> None:
        head, index = self.index(now), self.index(time)
        if index > head - self.count:
            self.tiles.setdefault(index, Tile(closed=index < head)).add(value)

    def read(self, now: int, definition: FeatureDefinition) -> float:
        head = self.index(now)
        closed = sorted((index for index in self.tiles if index < head), key=lambda index: index % (self.count - 1))
        tiles = [self.tiles[index] for index in [*closed, *([head] if head in self.tiles else [])]]
        count, total = sum(tile.count for tile in tiles), 0.0
        for tile in tiles:
            total += tile.total
        if definition.agg == "mean":
            smooth, prior = definition.smooth or 0.0, definition.prior or 0.0
            return (total + smooth * prior) / (count + smooth) if count + smooth > 0 else math.nan
        if definition.agg == "std":
            return self._deviation(tiles, count, total)
        if definition.agg == "min":
            return min((tile.low for tile in tiles), default=math.nan)
        if definition.agg == "max":
            return max((tile.high for tile in tiles), default=math.nan)
        return float(count) if definition.agg == "count" else total

    @staticmethod
    def _deviation(tiles: list[Tile], count: int, total: float) -> float:
        if count < 2:
            return math.nan
        mean, squares = total / count, 0.0
        for tile in tiles:
            delta = tile.total / tile.count - mean
            squares += tile.deviations + tile.count * (delta * delta)
        deviation = math.sqrt(squares / (count - 1.0))
        return deviation if deviation > 2.0**-22 * abs(mean) else 0.0


@dataclass
class Past:
    """All that one entity has seen, by (source, value)."""

    now: int | None = None
    windows: dict[Any, Window] = field(default_factory=dict)
    last: dict[Any, tuple[int, float]] = field(default_factory=dict)
    values: dict[Any, list[float]] = field(default_factory=dict)


class Reference:
    """Features of records given one by one."""

    def __init__(self, definitions: Sequence[FeatureDefinition]) -> None:
        self.definitions = definitions
        self.pasts: dict[int, Past] = {}

    def take(self, slot: int, source: str, time: int, values: dict[str, float]) -> list[float] | None:
        """The vector of an event, None for a label."""
        past = self.pasts.setdefault(slot, Past())
        past.now = time if past.now is None else max(past.now, time)
        for window in past.windows.values():
            window.advance(past.now)
        before = [self.read(past, definition) for definition in self.definitions]
        self.fold(past, source, time, values)
        after = [self.read(past, definition) for definition in self.definitions]
        if source == "labels":
            return None
        return [
            b if definition.current else a for a, b, definition in zip(before, after, self.definitions, strict=True)
        ]

    def fold(self, past: Past, source: str, time: int, values: dict[str, float]) -> None:
        assert past.now is not None
        folded = set()
        for definition in self.definitions:
            value = 0.0 if definition.value is None else values.get(definition.value, math.nan)
            stream, ring = (definition.source, definition.value), definition.agg in RING
            key = (*stream, definition.window, True) if ring else (*stream, None, False)
            if definition.source != source or not abs(value) <= float(np.finfo(np.float32).max) or key in folded:
                continue
            folded.add(key)
            if ring:
                past.windows.setdefault(key, Window(definition.window)).add(past.now, time, value)
            else:
                past.values.setdefault(stream, []).append(value)
                if stream not in past.last or time >= past.last[stream][0]:
                    past.last[stream] = (time, value)

    def read(self, past: Past, definition: FeatureDefinition) -> float:
        assert past.now is not None
        stream = (definition.source, definition.value)
        if definition.agg in RING:
            return past.windows.get((*stream, definition.window, True), Window(definition.window)).read(
                past.now, definition
            )
        if definition.agg == "lag":
            assert definition.lag is not None
            values = past.values.get(stream, [])
            return values[-definition.lag] if len(values) >= definition.lag else math.nan
        if stream not in past.last:
            return math.nan
        time, value = past.last[stream]
        return value if definition.agg == "last" else (past.now - time) / 1e6
