"""Rows that were removed from tables on purpose: past their time, or because a person's data had to go."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.lake.domain.table import Table

Offsets = NDArray[np.int64]

EXPIRED, ERASED = "expired", "erased"


class Removal(NamedTuple):
    """Rows of a table, from one offset of a partition to before another one.

    removal_id: the same for all that went for one reason. rows: how many went. removed_at: microseconds since 1970.
    """

    removal_id: str
    cause: str
    table: str
    partition: int
    from_offset: int
    to_offset: int
    rows: int
    removed_at: int


class Span(NamedTuple):
    """Offsets from one to before another one."""

    start: int
    end: int


def spans(offsets: Offsets) -> list[Span]:
    """Stretches of offsets that follow each other. offsets: in order, each once."""
    if not len(offsets):
        return []
    breaks = np.flatnonzero(np.diff(offsets) != 1)
    starts, ends = [0, *(breaks + 1)], [*breaks, len(offsets) - 1]
    return [Span(int(offsets[a]), int(offsets[b]) + 1) for a, b in zip(starts, ends, strict=True)]


def floors(removals: Iterable[Removal], table: str) -> dict[int, int]:
    """By partition, the offset before which all rows of a table are past their time."""
    found: dict[int, int] = {}
    for one in removals:
        if one.cause == EXPIRED and one.table == table:
            found[one.partition] = max(found.get(one.partition, 0), one.to_offset)
    return found


def gone_before(removals: Iterable[Removal], tables: Iterable[Table], keyed: bool) -> dict[int, int]:
    """By partition, the offset before which rows of a log are gone, so that its fold from the beginning isn't what it
    was. keyed: the log's entity is the one whose rows are erased: what was erased of it concerns nobody else."""
    names, found = {table.name for table in tables}, dict[int, int]()
    for one in removals:
        if one.table in names and not (keyed and one.cause == ERASED):
            found[one.partition] = max(found.get(one.partition, 0), one.to_offset)
    return found


def erased(removals: Iterable[Removal], table: str, partition: int) -> Offsets:
    """Offsets of the rows that were erased from a partition of a table, in order."""
    chosen = [one for one in removals if (one.cause, one.table, one.partition) == (ERASED, table, partition)]
    return np.unique(np.concatenate([np.empty(0, np.int64), *(np.arange(o.from_offset, o.to_offset) for o in chosen)]))
