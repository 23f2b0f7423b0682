"""How many different values a window holds: brought forward by the records of the log, and read for each event.

All that `run` computes is in this file, by whose content numba keys its cache. Up to EXACT values are kept one by one
and counted; more, until all have left, in CELLS cells of four bits. An entry or a cell keeps the tile in which it was
seen last, which for a window that ends now says as much as a sketch for each tile: linear counting (Whang,
Vander-Zanden and Taylor 1990) with a timestamp vector (Kim and O'Hallaron 2003).
"""

from typing import TypeAlias

import numpy as np

from services.kernel.compiled import compiled, inlined
from services.kernel.prefetch import prefetch
from services.kernel.tables import Batch, Ints, Rows, Scratch, Singles, Sketches

Integer: TypeAlias = int | np.int64

EXACT, CELLS = 32, 256
WORDS = 1 + EXACT  # 4-byte words of a sketch: how many values are held, then entries, or else cells, eight to a word
CROWDED = EXACT + 1  # stands instead of how many

# Columns of Sketches.sketches and features.
SOURCE, COLUMN, TILE, TILES, PLACE = range(5)
OPERATION, PART, CURRENT, OUT = range(4)

COUNT_OF = 0

EVENT = 0
FINGERPRINT = (1 << 28) - 1  # bits of a value's hash that an entry keeps, before the four of the tile

ESTIMATES = np.round(-CELLS * np.log((CELLS - np.append(np.arange(CELLS), CELLS - 0.5)) / CELLS))
"""How many different values fill so many cells; of a full sketch as if half a cell were free."""


@compiled
def run(sketches: Sketches, rows: Rows, batch: Batch, scratch: Scratch, out: Singles) -> None:
    """Take the records in order, with the clocks that `fold.run` has noted."""
    taken = scratch.taken
    taken[:] = 0
    for record in range(batch.slots.shape[0]):
        prefetch(rows.integers, batch.slots, record)
        slot, source = batch.slots[record], int(batch.kinds[record])
        n = taken[source]
        taken[source] = n + 1
        since, now = scratch.clocks[record, 0], scratch.clocks[record, 1]
        for part in range(sketches.sketches.shape[0]):
            _advance(rows, slot, sketches.sketches, part, since, now)
        for current in range(2):  # features that exclude the event itself, then those that include it
            if current == 1:
                _fold(sketches.sketches, rows, batch, scratch, record, n)
            if source == EVENT:
                _read(sketches, rows, slot, current, out, n)


@inlined
def _advance(rows: Rows, slot: int, sketches: Ints, part: int, since: int, now: int) -> None:
    """Forget what was seen last in a tile that has left the window."""
    tile, tiles, place = sketches[part, TILE], sketches[part, TILES], sketches[part, PLACE]
    if tile == 0 or now // tile == since // tile:
        return
    steps, oldest = now // tile - since // tile, since // tile % tiles
    if rows.counts[slot, place] == CROWDED:
        _forget_cells(rows, slot, place + 1, oldest, tiles, steps)
        if _filled(rows, slot, place + 1) == 0:
            rows.counts[slot, place] = 0
    else:
        _forget_entries(rows, slot, place, oldest, tiles, steps)


@inlined
def _age(mark: Integer, head: int, tiles: int) -> Integer:
    """How many tiles before the one at `head` lies the one that an entry or a cell is marked with."""
    return (head - (mark - 1)) % tiles


@inlined
def _forget_cells(rows: Rows, slot: int, first: int, head: int, tiles: int, steps: int) -> None:
    for word in range(first, first + EXACT):
        cells = np.int64(rows.counts[slot, word])
        for shift in range(0, 32, 4):
            mark = (cells >> shift) & 15
            if mark != 0 and _age(mark, head, tiles) + steps >= tiles:
                cells -= mark << shift
        rows.counts[slot, word] = cells


@inlined
def _forget_entries(rows: Rows, slot: int, place: int, head: int, tiles: int, steps: int) -> None:
    """Drop entries, the others moving up in their order."""
    held, kept = np.int64(rows.counts[slot, place]), np.int64(0)
    for entry in range(place + 1, place + 1 + held):
        word = np.int64(rows.counts[slot, entry])
        rows.counts[slot, entry] = 0
        if _age(word & 15, head, tiles) + steps < tiles:
            rows.counts[slot, place + 1 + kept] = word
            kept += 1
    rows.counts[slot, place] = kept


@inlined
def _fold(sketches: Ints, rows: Rows, batch: Batch, scratch: Scratch, record: int, n: int) -> None:
    """Note the hash of a record, n of its source, in every sketch in which it is present and its tile is held."""
    source, time, now = int(batch.kinds[record]), batch.times[record], scratch.clocks[record, 1]
    values = batch.event_values if source == EVENT else batch.label_values
    for part in range(sketches.shape[0]):
        if sketches[part, SOURCE] == source and not np.isnan(values[sketches[part, COLUMN], n]):
            value, place = np.int64(values[sketches[part, COLUMN], n]), sketches[part, PLACE]
            tile, tiles = sketches[part, TILE], sketches[part, TILES]
            head = now // tile if tile != 0 else 0
            index = time // tile if tile != 0 else 0
            if index > head - tiles:
                _note(rows, batch.slots[record], place, value, 1 + index % tiles, head % tiles, tiles, scratch.entries)


@inlined
def _note(rows: Rows, slot: int, place: int, value: Integer, mark: int, head: int, tiles: int, spare: Ints) -> None:
    held = np.int64(rows.counts[slot, place])
    if held != CROWDED:
        for entry in range(place + 1, place + 1 + held):
            word = np.int64(rows.counts[slot, entry])
            if word >> 4 == value & FINGERPRINT:
                if _age(mark, head, tiles) < _age(word & 15, head, tiles):
                    rows.counts[slot, entry] = word - (word & 15) + mark
                return
        if held < EXACT:
            rows.counts[slot, place + 1 + held] = (value & FINGERPRINT) << 4 | mark
            rows.counts[slot, place] = held + 1
            return
        _crowd(rows, slot, place, head, tiles, spare)
    _mark(rows, slot, place + 1, value % CELLS, mark, head, tiles)


@inlined
def _crowd(rows: Rows, slot: int, place: int, head: int, tiles: int, spare: Ints) -> None:
    """Turn entries into cells."""
    for number in range(EXACT):
        spare[number] = np.int64(rows.counts[slot, place + 1 + number])
        rows.counts[slot, place + 1 + number] = 0
    rows.counts[slot, place] = CROWDED
    for number in range(EXACT):
        _mark(rows, slot, place + 1, (spare[number] >> 4) % CELLS, spare[number] & 15, head, tiles)


@inlined
def _mark(rows: Rows, slot: int, first: int, cell: Integer, mark: Integer, head: int, tiles: int) -> None:
    """Mark a cell with a tile, unless it was seen in a later one."""
    word, shift = first + (cell >> 3), 4 * (cell & 7)
    cells = np.int64(rows.counts[slot, word])
    before = (cells >> shift) & 15
    if before == 0 or _age(mark, head, tiles) < _age(before, head, tiles):
        rows.counts[slot, word] = cells + ((mark - before) << shift)


@inlined
def _filled(rows: Rows, slot: int, first: int) -> Integer:
    """How many cells are marked."""
    filled = np.int64(0)
    for word in range(first, first + EXACT):
        cells = np.int64(rows.counts[slot, word])
        marked = (cells | cells >> 1 | cells >> 2 | cells >> 3) & 0x11111111
        filled += (marked * 0x11111111 & 0xFFFFFFFF) >> 28  # their sum, at most eight
    return filled


@inlined
def _read(sketches: Sketches, rows: Rows, slot: int, current: int, out: Singles, n: int) -> None:
    """Write the features of event n that exclude (0) or include (1) the event itself."""
    for feature in range(sketches.features.shape[0]):
        if sketches.features[feature, CURRENT] == current:
            place = sketches.sketches[sketches.features[feature, PART], PLACE]
            held = np.int64(rows.counts[slot, place])
            value = float(held) if held != CROWDED else sketches.estimates[_filled(rows, slot, place + 1)]
            out[sketches.features[feature, OUT], n] = value
