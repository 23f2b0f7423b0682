"""The tables that the kernels run by: what each part of a row is made of, and where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.kernel import decayed, distinct, fold
from services.kernel.aggregate import Keeps, Part
from services.kernel.definition import FeatureDefinition, aggregate_of
from services.kernel.parts import ABSENT, RowPart, ValueColumn, column_of, part_key, source_of, tiles_of
from services.kernel.tables import Decays, Doubles, Ints, Sketches, Tables


@dataclass(frozen=True, slots=True)
class Layout:
    """Definitions with the parts that they read, by `part_key`.

    columns: the values of each source. wide: how many 8-byte words a row has; its 4-byte words follow them.
    """

    definitions: Sequence[FeatureDefinition]
    parts: Mapping[tuple[object, ...], RowPart]
    columns: dict[str, list[ValueColumn]]
    wide: int

    def tables(self) -> Tables:
        """For `fold`."""
        windows = list(dict.fromkeys(part.window for part in self._of(Part.RING)))
        places = self._places(Part.RING, Part.RECENCY, Part.LAG)
        features = [
            [operation, part, self.definitions[place].lag or 0, current, place]
            for operation, part, current, place in self._features(places)
        ]
        return Tables(
            tile=np.array([tiles_of(window)[0] for window in windows], np.int64),
            tiles=np.array([tiles_of(window)[1] for window in windows], np.int64),
            rings=_table([self._ring(part, windows) for part in self._of(Part.RING)], fold.AFTER + 1),
            recencies=_table([self._recency(part) for part in self._of(Part.RECENCY)], fold.LAST_VALUE + 1),
            lags=_table([self._lag(part) for part in self._of(Part.LAG)], fold.VALUES + 1),
            features=_table(features, fold.PLACE + 1),
            smooth=self._smooth(places),
            prior=self._prior(places),
        )

    def sketches(self) -> Sketches:
        """For `distinct`."""
        sketches = [
            [*self._source(part), *tiles_of(part.window), self.narrow(part, "sketch")] for part in self._of(Part.SKETCH)
        ]
        features = _table(self._features(self._places(Part.SKETCH)), distinct.OUT + 1)
        return Sketches(_table(sketches, distinct.PLACE + 1), features, distinct.ESTIMATES)

    def decays(self) -> Decays:
        """For `decayed`."""
        parts, places = self._of(Part.DECAY), self._places(Part.DECAY)
        decays = [
            [*self._source(part), part.wide["seen_at"], part.wide[Keeps.COUNT], part.wide.get(Keeps.SUM, ABSENT)]
            for part in parts
        ]
        return Decays(
            decays=_table(decays, decayed.SUM + 1),
            half_lives=np.array([part.half_life for part in parts], np.float64),
            features=_table(self._features(places), decayed.OUT + 1),
            smooth=self._smooth(places),
            prior=self._prior(places),
            halves=decayed.HALVES,
        )

    def narrow(self, part: RowPart, name: str) -> int:
        """Place among the 4-byte words of the whole row."""
        return 2 * self.wide + part.narrow[name] if name in part.narrow else ABSENT

    def _of(self, kind: Part) -> list[RowPart]:
        return [part for part in self.parts.values() if part.part is kind]

    def _part(self, definition: FeatureDefinition) -> RowPart:
        return self.parts[part_key(definition)]

    def _places(self, *kinds: Part) -> list[int]:
        """Places among all of the features that read parts of these kinds."""
        return [place for place, one in enumerate(self.definitions) if self._part(one).part in kinds]

    def _features(self, places: Sequence[int]) -> list[list[int]]:
        """Operation, number of the part among those of its kind, whether the event itself counts, place of output."""
        found = []
        for place in places:
            definition = self.definitions[place]
            part = self._part(definition)
            number = next(number for number, other in enumerate(self._of(part.part)) if other is part)
            found.append([aggregate_of(definition).operation, number, int(definition.current), place])
        return found

    def _smooth(self, places: Sequence[int]) -> Doubles:
        return np.array([self.definitions[place].smooth or 0.0 for place in places], np.float64)

    def _prior(self, places: Sequence[int]) -> Doubles:
        return np.array([self.definitions[place].prior or 0.0 for place in places], np.float64)

    def _source(self, part: RowPart) -> list[int]:
        return [source_of(part), column_of(part, self.columns)]

    def _ring(self, part: RowPart, windows: list[int | None]) -> list[int]:
        """A line of the table of rings, in the kernel's order."""
        opened = [part.wide.get(kept, ABSENT) for kept in (Keeps.SUM, Keeps.SQUARES)]
        closed = [self.narrow(part, kept) for kept in (Keeps.SUM, Keeps.SQUARES, Keeps.LOWEST, Keeps.HIGHEST)]
        read = {definition.current for definition in self.definitions if self._part(definition) is part}
        places = [self.narrow(part, Keeps.COUNT), *opened, *closed, int(False in read), int(True in read)]
        return [*self._source(part), windows.index(part.window), *places]

    def _recency(self, part: RowPart) -> list[int]:
        return [*self._source(part), part.wide["seen_at"], self.narrow(part, "value")]

    def _lag(self, part: RowPart) -> list[int]:
        return [*self._source(part), part.depth, self.narrow(part, "next"), self.narrow(part, "values")]


def _table(lines: list[list[int]], width: int) -> Ints:
    return np.array(lines, np.int64).reshape(len(lines), width)
