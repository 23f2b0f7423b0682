"""What a table has otherwise than its topic, told by the offsets and numbers of its rows."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.int64]


class Fault(NamedTuple):
    """Where a table differs. offset: of the first row concerned. rows: how many differ likewise from there on."""

    table: str
    partition: int
    offset: int
    what: str
    rows: int = 1

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return self._asdict()


class Found(NamedTuple):
    """An offset, what is wrong there, and how many rows are wrong likewise."""

    offset: int
    what: str
    rows: int = 1


def unmatched(sent: Offsets, held: Offsets) -> Iterator[Found]:
    """What one side alone has. sent: offsets of a topic's records; held: those of a table's rows, of the same range."""
    lacking, strange = np.setdiff1d(sent, held), np.setdiff1d(held, sent)
    if len(lacking):
        yield Found(int(lacking[0]), "the topic has it, the table lacks it", len(lacking))
    if len(strange):
        yield Found(int(strange[0]), "the table has it, the topic doesn't", len(strange))


def repeated(held: Offsets) -> Iterator[Found]:
    """Rows that are there more than once. held: in order."""
    again = held[1:][np.diff(held) == 0]
    if len(again):
        yield Found(int(again[0]), "is there twice", len(again))


def leaps(held: Offsets, seqs: Offsets, missing: Offsets) -> Iterator[Found]:
    """Where numbers of events don't follow each other. held: in order. missing: offsets of rows known to be gone."""
    steps = np.diff(seqs)
    places = np.flatnonzero((steps != 1) & (np.diff(held) != 0))
    # as many rows may be missing from the numbers as are known to be gone from between
    gone = np.searchsorted(missing, held[places + 1]) - np.searchsorted(missing, held[places])
    places = places[(steps[places] < 1) | (steps[places] - 1 > gone)]
    if len(places):
        at = int(places[0])
        yield Found(int(held[at + 1]), f"seq {seqs[at + 1]} follows {seqs[at]}", len(places))
