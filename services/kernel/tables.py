"""What the compiled kernel is given: a plan, entities' rows and a batch, as plain arrays."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Doubles: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]

NO_KEY = -1
"""In the place of a key's number: the event has no entity of this kind."""


class Tables(NamedTuple):
    """A plan as arrays; the columns of the two-dimensional ones are named in `services.kernel.fold`.

    tile: width of each window's tiles in microseconds, 0 for the window without end. tiles: how many cover the window.
    smooth, prior: of each of its features, 0 if it has none.
    """

    tile: Ints
    tiles: Ints
    rings: Ints
    recencies: Ints
    lags: Ints
    features: Ints
    smooth: Doubles
    prior: Doubles


class Sketches(NamedTuple):
    """The sketches of a plan; columns are named in `services.kernel.distinct`."""

    sketches: Ints
    features: Ints
    estimates: Doubles


class Decays(NamedTuple):
    """The decays of a plan; columns are named in `services.kernel.decayed`.

    half_lives: of each decay, in microseconds. halves: the powers of a half. smooth, prior: as in Tables.
    """

    decays: Ints
    half_lives: Doubles
    features: Ints
    smooth: Doubles
    prior: Doubles
    halves: Doubles


class Rows(NamedTuple):
    """Four views of the same rows, [rows, words]. Each word is only ever used through one of them."""

    integers: Ints
    doubles: Doubles
    counts: NDArray[np.uint32]
    singles: Singles


class Batch(NamedTuple):
    """Records in the order of the log: see `services.kernel.update`."""

    slots: Ints
    kinds: NDArray[np.int8]
    times: Ints
    event_values: Doubles
    label_values: Doubles


class Scratch(NamedTuple):
    """What the kernel writes beside rows and output. taken: how many events and labels have been taken.

    For the record at hand, heads: number of each window's open tile. steps: how many tiles it has moved on. moments:
    [rings, 5], count, sum, sum of squared deviations, lowest value and lowest negated value. covered: how many
    microseconds each window's tiles cover. clocks: [records, 2], of each record's entity before and with the record.
    entries: those of a sketch.
    """

    heads: Ints
    steps: Ints
    moments: Doubles
    taken: Ints
    covered: Ints
    clocks: Ints
    entries: Ints


def views(rows: Ints) -> Rows:
    """The views of C-contiguous rows."""
    return Rows(rows, rows.view(np.float64), rows.view(np.uint32), rows.view(np.float32))


def scratch(tables: Tables, records: int) -> Scratch:
    """Memory for one call of the kernel, which can't allocate any itself."""
    heads, steps, covered = (np.zeros(len(tables.tile), np.int64) for _ in range(3))
    moments, clocks = np.zeros((len(tables.rings), 5)), np.empty((records, 2), np.int64)
    return Scratch(heads, steps, moments, np.zeros(2, np.int64), covered, clocks, np.empty(32, np.int64))
