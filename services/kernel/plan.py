"""Definitions compiled to the layout of a row and the tables that the kernel runs by."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.kernel import fold
from services.kernel.aggregate import Keeps, Part
from services.kernel.definition import FeatureDefinition, check
from services.kernel.description import FeatureDescription, describe
from services.kernel.layout import Layout
from services.kernel.parts import Allocation, RowPart, ValueColumn, column_of, part_key, parts_of, tiles_of
from services.kernel.tables import Decays, Ints, Sketches, Tables


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A compiled set of features.

    names: the features, in the order of the definitions and of the kernel's output. event_columns, label_columns:
    the values that the caller supplies with each event and label, as float64, NaN where missing. row_bytes: size of an
    entity's row. layout_digest: identifies the layout of rows and the kernel's version; rows made under another digest
    must not be used.
    """

    names: tuple[str, ...]
    event_columns: tuple[ValueColumn, ...]
    label_columns: tuple[ValueColumn, ...]
    row_bytes: int
    layout_digest: str
    tables: Tables
    sketches: Sketches
    decays: Decays
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
    columns: dict[str, list[ValueColumn]] = {"events": [], "labels": []}
    for part in keyed.values():
        column_of(part, columns)
    allocation = Allocation()
    for part in keyed.values():
        part.allocate(allocation)
    layout = Layout(definitions, keyed, columns, allocation.wide)
    return Plan(
        names=tuple(definition.name for definition in definitions),
        event_columns=tuple(columns["events"]),
        label_columns=tuple(columns["labels"]),
        row_bytes=8 * allocation.words,
        layout_digest=_digest(list(keyed.values())),
        tables=layout.tables(),
        sketches=layout.sketches(),
        decays=layout.decays(),
        blank=_blank(layout, allocation),
        descriptions=tuple(describe(definition, keyed[part_key(definition)]) for definition in definitions),
    )


def _blank(layout: Layout, allocation: Allocation) -> Ints:
    blank = np.zeros(allocation.words, np.int64)
    singles = blank.view(np.float32)
    blank[fold.LATEST] = fold.NEVER
    for part in layout.parts.values():
        if part.part in (Part.RECENCY, Part.DECAY):
            blank[part.wide["seen_at"]] = fold.NEVER
        for name, words in (
            ("value", 1),
            ("values", part.depth),
            (Keeps.LOWEST, part.tiles),
            (Keeps.HIGHEST, part.tiles),
        ):
            if name in part.narrow:
                place = layout.narrow(part, name)
                singles[place : place + words] = np.nan
    return blank


def _digest(parts: list[RowPart]) -> str:
    """SHA-256 of the kernel's version and of every part with its place, as hexadecimal text."""
    layout = [
        (part.part, part.source, part.value, part.window, tiles_of(part.window), part.depth, part.wide, part.narrow)
        + ((part.half_life,) if part.half_life is not None else ())
        for part in parts
    ]
    return hashlib.sha256(json.dumps([fold.VERSION, layout], sort_keys=True).encode()).hexdigest()
