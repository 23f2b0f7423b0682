"""Definitions compiled to the layout of a row and the tables that the kernel runs by."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.kernel import fold
from services.kernel.aggregate import AGGREGATES, Keeps, Part
from services.kernel.definition import FeatureDefinition, check
from services.kernel.description import FeatureDescription, describe
from services.kernel.parts import ABSENT, Allocation, RowPart, column_of, part_key, parts_of, source_of, tiles_of
from services.kernel.tables import Ints, Tables


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A compiled set of features.

    names: the features, in the order of the definitions and of the kernel's output. event_columns, label_columns:
    names of the values that the caller supplies with each event and label, as float64, NaN where missing. row_bytes:
    size of an entity's row. layout_digest: identifies the layout of rows and the kernel's version; rows made under
    another digest must not be used.
    """

    names: tuple[str, ...]
    event_columns: tuple[str, ...]
    label_columns: tuple[str, ...]
    row_bytes: int
    layout_digest: str
    tables: Tables
    blank: Ints
    descriptions: tuple[FeatureDescription, ...]

    def empty(self, rows: int) -> Ints:
        """Rows of entities that have no past: int64 [rows, row_bytes / 8]."""
        return np.tile(self.blank, (rows, 1))

    def describe(self) -> tuple[FeatureDescription, ...]:
        """What each feature is, how precise, and what it takes in a row."""
        return self.descriptions


def compile_plan(definitions: Sequence[FeatureDefinition]) -> Plan:
    """Lay out the row of an entity for these features. ValueError names the feature that can't be computed."""
    check(definitions)
    keyed = parts_of(definitions)
    columns: dict[str, list[str]] = {"events": [], "labels": []}
    for part in keyed.values():
        column_of(part, columns)
    allocation = Allocation()
    for part in keyed.values():
        part.allocate(allocation)
    tables = _tables(definitions, keyed, columns, allocation.wide)
    return Plan(
        names=tuple(definition.name for definition in definitions),
        event_columns=tuple(columns["events"]),
        label_columns=tuple(columns["labels"]),
        row_bytes=8 * allocation.words,
        layout_digest=_digest(list(keyed.values())),
        tables=tables,
        blank=_blank(keyed, allocation),
        descriptions=tuple(describe(definition, keyed[part_key(definition)]) for definition in definitions),
    )


def _tables(
    definitions: Sequence[FeatureDefinition],
    keyed: dict[tuple[object, ...], RowPart],
    columns: dict[str, list[str]],
    wide: int,
) -> Tables:
    of_kind = {kind: [part for part in keyed.values() if part.part is kind] for kind in Part}
    windows = list(dict.fromkeys(part.window for part in of_kind[Part.RING]))
    features, phases = [], {id(part): [0, 0] for part in keyed.values()}
    for definition in definitions:
        part = keyed[part_key(definition)]
        number = next(i for i, other in enumerate(of_kind[part.part]) if other is part)
        features.append([AGGREGATES[definition.agg].operation, number, definition.lag or 0, int(definition.current)])
        phases[id(part)][int(definition.current)] = 1
    rings = [
        [source_of(part), column_of(part, columns), windows.index(part.window), *_ring_places(part, wide)]
        + phases[id(part)]
        for part in of_kind[Part.RING]
    ]
    recencies = [
        [source_of(part), column_of(part, columns), part.wide["seen_at"], _narrow(part, "value", wide)]
        for part in of_kind[Part.RECENCY]
    ]
    lags = [
        [source_of(part), column_of(part, columns), part.depth, *_narrows(part, ("next", "values"), wide)]
        for part in of_kind[Part.LAG]
    ]
    return Tables(
        tile=np.array([tiles_of(window)[0] for window in windows], np.int64),
        tiles=np.array([tiles_of(window)[1] for window in windows], np.int64),
        rings=_table(rings, fold.AFTER + 1),
        recencies=_table(recencies, fold.LAST_VALUE + 1),
        lags=_table(lags, fold.VALUES + 1),
        features=_table(features, fold.CURRENT + 1),
        smooth=np.array([definition.smooth or 0.0 for definition in definitions], np.float64),
        prior=np.array([definition.prior or 0.0 for definition in definitions], np.float64),
    )


def _table(lines: list[list[int]], width: int) -> Ints:
    return np.array(lines, np.int64).reshape(len(lines), width)


def _narrow(part: RowPart, name: str, wide: int) -> int:
    """Place among the 4-byte words of the whole row."""
    return 2 * wide + part.narrow[name] if name in part.narrow else ABSENT


def _narrows(part: RowPart, names: Sequence[str], wide: int) -> list[int]:
    return [_narrow(part, name, wide) for name in names]


def _ring_places(part: RowPart, wide: int) -> list[int]:
    """The columns of a ring's places, in the kernel's order."""
    open_places = [part.wide.get(Keeps.SUM, ABSENT), part.wide.get(Keeps.SQUARES, ABSENT)]
    closed = _narrows(part, (Keeps.SUM, Keeps.SQUARES, Keeps.LOWEST, Keeps.HIGHEST), wide)
    return [_narrow(part, Keeps.COUNT, wide), *open_places, *closed]


def _blank(keyed: dict[tuple[object, ...], RowPart], allocation: Allocation) -> Ints:
    blank = np.zeros(allocation.words, np.int64)
    singles = blank.view(np.float32)
    blank[fold.LATEST] = fold.NEVER
    for part in keyed.values():
        if part.part is Part.RECENCY:
            blank[part.wide["seen_at"]] = fold.NEVER
        for name, words in (
            ("value", 1),
            ("values", part.depth),
            (Keeps.LOWEST, part.tiles),
            (Keeps.HIGHEST, part.tiles),
        ):
            if name in part.narrow:
                place = _narrow(part, name, allocation.wide)
                singles[place : place + words] = np.nan
    return blank


def _digest(parts: list[RowPart]) -> str:
    """SHA-256 of the kernel's version and of every part with its place, as hexadecimal text."""
    layout = [
        (part.part, part.source, part.value, part.window, tiles_of(part.window), part.depth, part.wide, part.narrow)
        for part in parts
    ]
    return hashlib.sha256(json.dumps([fold.VERSION, layout], sort_keys=True).encode()).hexdigest()
