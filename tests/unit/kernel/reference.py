"""The features by their definition in docs/features.md, in plain Python: slow, with dictionaries, one record a call."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.pipeline import FeatureDefinition
from tests.unit.kernel.streams import Log

DAY = 86_400_000_000
LARGEST = float(np.finfo(np.float32).max)
RING = {"count", "sum", "mean", "std", "min", "max", "rate"}
SERIES = [math.prod([-0.6931471805599453 / n for n in range(1, power + 1)]) for power in range(14)]


def single(value: float) -> float:
    """Rounded to single precision."""
    return float(np.float32(value))


def weight(age: int, half_life: int) -> float:
    """2 ** (-age / half_life), by the series that docs/features.md names."""
    x = age / half_life
    whole = math.floor(x + 0.5)
    value = 0.0
    for coefficient in reversed(SERIES):
        value = coefficient + (x - whole) * value
    return value * 2.0**-whole if x < 1075 else 0.0


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
        if definition.agg == "rate" and self.length:
            return float(count * 1e6 / (now + 1 - (head - self.count + 1) * (self.length // self.count)))
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
class Distinct(Window):
    """The different values of a window: the last tile of each, or of each of 256 cells once there are more than 32."""

    seen: dict[int, int] = field(default_factory=dict)
    crowded: bool = False

    def advance(self, now: int) -> None:
        self.seen = {value: tile for value, tile in self.seen.items() if tile > self.index(now) - self.count}
        self.crowded = self.crowded and bool(self.seen)

    def add(self, now: int, time: int, value: float) -> None:
        if self.index(time) <= self.index(now) - self.count:
            return
        number = int(value) % 2**28
        self._see(number % 256 if self.crowded else number, self.index(time))
        if not self.crowded and len(self.seen) > 32:
            entries, self.seen, self.crowded = self.seen, {}, True
            for value, tile in entries.items():
                self._see(value % 256, tile)

    def _see(self, number: int, tile: int) -> None:
        self.seen[number] = max(tile, self.seen.get(number, tile))

    def read(self, now: int, definition: FeatureDefinition) -> float:
        if not self.crowded:
            return float(len(self.seen))
        return float(round(-256 * math.log((256 - min(len(self.seen), 255.5)) / 256)))


@dataclass
class Decay:
    """Count and sum as of the latest value."""

    at: int
    count: float = 0.0
    total: float = 0.0

    def add(self, time: int, value: float, half_life: int) -> None:
        late = time < self.at
        new = weight(self.at - time, half_life) if late else 1.0
        old = 1.0 if late else weight(time - self.at, half_life)
        self.at = max(time, self.at)
        self.count, self.total = self.count * old + new, self.total * old + new * value

    def read(self, now: int, definition: FeatureDefinition) -> float:
        assert definition.half_life is not None
        fading = weight(now - self.at, definition.half_life)
        if definition.agg != "mean":
            return fading * (self.count if definition.agg == "count" else self.total)
        if definition.smooth and definition.prior is not None:
            return (self.total * fading + definition.smooth * definition.prior) / (
                self.count * fading + definition.smooth
            )
        return self.total / self.count if self.count else math.nan


@dataclass
class Past:
    """All that one entity has seen, by (source, value)."""

    now: int | None = None
    windows: dict[Any, Window] = field(default_factory=dict)
    last: dict[Any, tuple[int, float]] = field(default_factory=dict)
    values: dict[Any, list[float]] = field(default_factory=dict)
    decays: dict[Any, Decay] = field(default_factory=dict)

    def window(self, definition: FeatureDefinition) -> Window:
        key = (definition.source, definition.value, definition.window, definition.agg == "distinct")
        kind = Distinct if definition.agg == "distinct" else Window
        return self.windows.setdefault(key, kind(definition.window))


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
        if source == "labels":
            self.fold(past, source, time, values)
            return None
        before = [None if definition.current else self.read(past, definition) for definition in self.definitions]
        self.fold(past, source, time, values)
        return [
            self.read(past, definition) if found is None else found
            for found, definition in zip(before, self.definitions, strict=True)
        ]

    def fold(self, past: Past, source: str, time: int, values: dict[str, float]) -> None:
        assert past.now is not None
        folded = set()
        for definition in self.definitions:
            distinct, ring, half_life = definition.agg == "distinct", definition.agg in RING, definition.half_life
            name = f"hash of {definition.value}" if distinct else definition.value
            value = 0.0 if name is None else values.get(name, math.nan)
            stream = (definition.source, definition.value)
            key = (*stream, definition.window, half_life, distinct, ring)
            if definition.source != source or not abs(value) <= LARGEST or key in folded:
                continue
            folded.add(key)
            if half_life:
                past.decays.setdefault((*stream, half_life), Decay(time)).add(time, value, half_life)
            elif ring or distinct:
                past.window(definition).add(past.now, time, value)
            else:
                past.values.setdefault(stream, []).append(value)
                if stream not in past.last or time >= past.last[stream][0]:
                    past.last[stream] = (time, value)

    def read(self, past: Past, definition: FeatureDefinition) -> float:
        assert past.now is not None
        stream = (definition.source, definition.value)
        if definition.half_life:
            return past.decays.get((*stream, definition.half_life), Decay(past.now)).read(past.now, definition)
        if definition.agg in RING or definition.agg == "distinct":
            return past.window(definition).read(past.now, definition)
        if definition.agg == "lag":
            assert definition.lag is not None
            values = past.values.get(stream, [])
            return values[-definition.lag] if len(values) >= definition.lag else math.nan
        if stream not in past.last:
            return math.nan
        time, value = past.last[stream]
        return value if definition.agg == "last" else (past.now - time) / 1e6


@np.errstate(over="ignore")
def by_reference(definitions: list[FeatureDefinition], log: Log) -> NDArray[np.float32]:
    """The vectors of the log's events."""
    reference, counts, vectors = Reference(definitions), [0, 0], []
    for slot, kind, time in zip(log.slots.tolist(), log.kinds.tolist(), log.times.tolist(), strict=True):
        source, columns = ("labels", log.labels) if kind else ("events", log.events)
        values = {name: float(column[counts[kind]]) for name, column in columns.items()}
        counts[kind] += 1
        vector = reference.take(slot, source, time, values)
        if vector is not None:
            vectors.append(vector)
    return np.array(vectors, np.float64).reshape(-1, len(definitions)).astype(np.float32) + np.float32(0.0)
