"""The kernel: entities' rows brought forward by records of the log, and the features of each event.

All that `run` computes is in this file, by whose content numba keys its cache. What it computes: docs/features.md.
"""

import numpy as np

from services.kernel.compiled import compiled, inlined
from services.kernel.prefetch import prefetch
from services.kernel.tables import Batch, Doubles, Ints, Rows, Scratch, Singles, Tables

VERSION = 1  # raised whenever the same log would give other rows or other features
EVENT, LABEL = 0, 1
NEVER = np.iinfo(np.int64).min  # the time of what has not happened
LATEST = 0  # the 8-byte word of a row that holds the entity's latest time

# Columns of Tables.rings, recencies, lags and features. Places are word numbers in the row's view of that width, -1 for
# none. HIGHEST holds lowest negated values. BEFORE, AFTER: read for features that exclude, include the event itself.
SOURCE, COLUMN, WINDOW, COUNT, OPEN_SUM, OPEN_SQUARES, SUM, ROOT, LOWEST, HIGHEST, BEFORE, AFTER = range(12)
SEEN_AT, LAST_VALUE = 2, 3
DEPTH, NEXT, VALUES = 2, 3, 4
OPERATION, PART, ARGUMENT, CURRENT, PLACE = range(5)
COUNT_OF, SUM_OF, MEAN_OF, STD_OF, MIN_OF, MAX_OF, RATE_OF, LAST_OF, LAG_OF, SINCE_LAST = range(10)

FLOAT32_MAX = float(np.finfo(np.float32).max)  # values beyond it, infinite ones and NaN are missing
RESOLUTION = 2.0**-22  # a deviation below this share of the mean is rounding of the single-precision tiles, and is 0


@compiled
def run(tables: Tables, rows: Rows, batch: Batch, scratch: Scratch, out: Singles) -> None:
    """Take the records in order; `services.kernel.update` checks the arguments."""
    for record in range(batch.slots.shape[0]):
        prefetch(rows.integers, batch.slots, record)
        slot, time, source = batch.slots[record], batch.times[record], int(batch.kinds[record])
        values = batch.event_values if source == EVENT else batch.label_values
        n = scratch.taken[source]
        scratch.taken[source] = n + 1
        _advance(tables, rows, slot, time, scratch, record)
        for current in range(2):  # features that exclude the event itself, then those that include it
            if current == 1:
                _fold(tables, rows, slot, time, scratch.heads, source, values, n)
            if source == EVENT:
                _read(tables, rows, slot, scratch, current, out, n)


@inlined
def _advance(tables: Tables, rows: Rows, slot: int, time: int, scratch: Scratch, record: int) -> None:
    """Bring the entity's clock to the record's time, if that is later, and close the tiles that are over."""
    latest = rows.integers[slot, LATEST]
    now = max(latest, time)
    rows.integers[slot, LATEST] = now
    since = now if latest == NEVER else latest
    scratch.clocks[record, 0], scratch.clocks[record, 1] = since, now
    for window in range(tables.tile.shape[0]):
        tile = tables.tile[window]
        scratch.heads[window] = now // tile if tile != 0 else 0
        scratch.covered[window] = now + 1 - (scratch.heads[window] - tables.tiles[window] + 1) * tile
        scratch.steps[window] = scratch.heads[window] - since // tile if tile != 0 and now != since else 0
    if now != since:
        for ring in range(tables.rings.shape[0]):
            window = tables.rings[ring, WINDOW]
            if scratch.steps[window] != 0:
                closed = tables.tiles[window] - 1
                _close(rows, slot, tables.rings, ring, scratch.heads[window], scratch.steps[window], closed)


@inlined
def _close(rows: Rows, slot: int, rings: Ints, ring: int, head: int, steps: int, closed: int) -> None:
    """Round the open tile into its place among the closed ones, and empty what lies between it and the new head."""
    place = head % closed if closed > 0 else 0
    for back in range(1, min(steps, closed) + 1):
        place = place - 1 if place > 0 else closed - 1
        _set_closed(rows, slot, rings, ring, place, back == steps)
    if rings[ring, COUNT] >= 0:
        rows.counts[slot, rings[ring, COUNT]] = 0
    for at in (rings[ring, OPEN_SUM], rings[ring, OPEN_SQUARES]):
        if at >= 0:
            rows.doubles[slot, at] = 0.0
    for at in (rings[ring, LOWEST], rings[ring, HIGHEST]):
        if at >= 0:
            rows.singles[slot, at] = np.nan


@inlined
def _set_closed(rows: Rows, slot: int, rings: Ints, ring: int, place: int, keep: bool) -> None:
    """Fill one closed tile: from the open one, or empty."""
    count, total, squares = rings[ring, COUNT], rings[ring, OPEN_SUM], rings[ring, OPEN_SQUARES]
    if count >= 0:
        rows.counts[slot, count + 1 + place] = rows.counts[slot, count] if keep else np.uint32(0)
    if total >= 0:
        rows.singles[slot, rings[ring, SUM] + place] = rows.doubles[slot, total] if keep else 0.0
    if squares >= 0:
        rows.singles[slot, rings[ring, ROOT] + place] = np.sqrt(rows.doubles[slot, squares]) if keep else 0.0
    for at in (rings[ring, LOWEST], rings[ring, HIGHEST]):
        if at >= 0:
            rows.singles[slot, at + 1 + place] = rows.singles[slot, at] if keep else np.nan


@inlined
def _fold(tables: Tables, rows: Rows, slot: int, time: int, heads: Ints, source: int, values: Doubles, n: int) -> None:
    """Add record n of its source to every part of that source in which its value is present."""
    for ring in range(tables.rings.shape[0]):
        if tables.rings[ring, SOURCE] == source:
            _add(tables, rows, slot, ring, time, heads, _value(values, tables.rings[ring, COLUMN], n))
    for part in range(tables.recencies.shape[0]):
        if tables.recencies[part, SOURCE] == source:
            _see(rows, slot, tables.recencies, part, time, _value(values, tables.recencies[part, COLUMN], n))
    for part in range(tables.lags.shape[0]):
        if tables.lags[part, SOURCE] == source:
            _push(rows, slot, tables.lags, part, _value(values, tables.lags[part, COLUMN], n))


@inlined
def _value(values: Doubles, column: int, n: int) -> float:
    """The record's value; 0 where the records themselves are aggregated."""
    return float(values[column, n]) if column >= 0 else 0.0


@inlined
def _see(rows: Rows, slot: int, recencies: Ints, part: int, time: int, value: float) -> None:
    """Note the most recent value by time; of equal times the later in the log."""
    if abs(value) <= FLOAT32_MAX and time >= rows.integers[slot, recencies[part, SEEN_AT]]:
        rows.integers[slot, recencies[part, SEEN_AT]] = time
        if recencies[part, LAST_VALUE] >= 0:
            rows.singles[slot, recencies[part, LAST_VALUE]] = value


@inlined
def _push(rows: Rows, slot: int, lags: Ints, part: int, value: float) -> None:
    """Overwrite the oldest of the last values."""
    if abs(value) <= FLOAT32_MAX:
        place = np.int64(rows.counts[slot, lags[part, NEXT]])
        rows.singles[slot, lags[part, VALUES] + place] = value
        rows.counts[slot, lags[part, NEXT]] = place + 1 if place + 1 < lags[part, DEPTH] else 0


@inlined
def _add(tables: Tables, rows: Rows, slot: int, ring: int, time: int, heads: Ints, value: float) -> None:
    """Add a value to the tile of its time, if that is still held."""
    window = tables.rings[ring, WINDOW]
    tile, tiles = tables.tile[window], tables.tiles[window]
    index = time // tile if tile != 0 else 0
    if not abs(value) <= FLOAT32_MAX or index <= heads[window] - tiles:
        return
    offset = 0 if index == heads[window] else 1 + index % (tiles - 1)
    if offset == 0:
        _add_open(rows, slot, tables.rings, ring, value)
    else:
        _add_closed(rows, slot, tables.rings, ring, offset - 1, value)
    _lower(rows, slot, tables.rings[ring, LOWEST], offset, value)
    _lower(rows, slot, tables.rings[ring, HIGHEST], offset, -value)


@inlined
def _add_open(rows: Rows, slot: int, rings: Ints, ring: int, value: float) -> None:
    """Add a value to the open tile, whose sums are in double precision."""
    count_at, sum_at, squares_at = rings[ring, COUNT], rings[ring, OPEN_SUM], rings[ring, OPEN_SQUARES]
    if count_at >= 0:
        count = rows.counts[slot, count_at]
        rows.counts[slot, count_at] = count + 1
        if sum_at >= 0:
            total = rows.doubles[slot, sum_at]
            rows.doubles[slot, sum_at] = total + value
            if squares_at >= 0 and count > 0:
                rows.doubles[slot, squares_at] += _squares(count, total, value)


@inlined
def _add_closed(rows: Rows, slot: int, rings: Ints, ring: int, place: int, value: float) -> None:
    """Add a late value to a closed tile, whose sums are rounded to single precision."""
    count_at, sum_at, root_at = rings[ring, COUNT] + 1 + place, rings[ring, SUM] + place, rings[ring, ROOT] + place
    if rings[ring, COUNT] >= 0:
        count = rows.counts[slot, count_at]
        rows.counts[slot, count_at] = count + 1
        if rings[ring, OPEN_SUM] >= 0:
            total = np.float64(rows.singles[slot, sum_at])
            rows.singles[slot, sum_at] = total + value
            if rings[ring, OPEN_SQUARES] >= 0 and count > 0:
                root = np.float64(rows.singles[slot, root_at])
                rows.singles[slot, root_at] = np.sqrt(root * root + _squares(count, total, value))


@inlined
def _squares(count: int, total: float, value: float) -> float:
    """By how much one more value raises the sum of squared deviations (Welford 1962)."""
    delta = value - total / count
    return delta * delta * (count / (count + 1.0))


@inlined
def _lower(rows: Rows, slot: int, extreme: int, offset: int, value: float) -> None:
    if extreme >= 0 and not rows.singles[slot, extreme + offset] <= np.float32(value):
        rows.singles[slot, extreme + offset] = value


@inlined
def _read(tables: Tables, rows: Rows, slot: int, scratch: Scratch, current: int, out: Singles, n: int) -> None:
    """Write the features of event n that exclude (0) or include (1) the event itself."""
    for ring in range(tables.rings.shape[0]):
        if tables.rings[ring, BEFORE + current] != 0:
            _combine(rows, slot, tables.rings, ring, tables.tiles[tables.rings[ring, WINDOW]] - 1, scratch.moments)
    for feature in range(tables.features.shape[0]):
        if tables.features[feature, CURRENT] == current:
            part, operation = tables.features[feature, PART], tables.features[feature, OPERATION]
            if operation <= MAX_OF:
                value = _of_window(operation, scratch.moments, part, tables.smooth[feature], tables.prior[feature])
            elif operation == RATE_OF:
                value = scratch.moments[part, 0] * 1e6 / scratch.covered[tables.rings[part, WINDOW]]
            elif operation == LAG_OF:
                value = _lagged(rows, slot, tables.lags, part, tables.features[feature, ARGUMENT])
            else:
                value = _recent(rows, slot, tables.recencies, part, operation)
            out[tables.features[feature, PLACE], n] = value + 0.0  # no negative zero


@inlined
def _combine(rows: Rows, slot: int, rings: Ints, ring: int, closed: int, moments: Doubles) -> None:
    """The moments of a window: its closed tiles in the order of their places, then the open one."""
    count_at, sum_at, squares_at = rings[ring, COUNT], rings[ring, OPEN_SUM], rings[ring, OPEN_SQUARES]
    if count_at >= 0:
        count = np.int64(0)
        for place in range(count_at, count_at + closed + 1):
            count += np.int64(rows.counts[slot, place])
        moments[ring, 0] = count
    if sum_at >= 0:
        total = 0.0
        for place in range(rings[ring, SUM], rings[ring, SUM] + closed):
            total += np.float64(rows.singles[slot, place])
        moments[ring, 1] = total + rows.doubles[slot, sum_at]
    if squares_at >= 0 and moments[ring, 0] >= 2:
        moments[ring, 2] = _sum_squares(rows, slot, rings, ring, closed, moments[ring, 1] / moments[ring, 0])
    moments[ring, 3] = _lowest(rows, slot, rings[ring, LOWEST], closed)
    moments[ring, 4] = _lowest(rows, slot, rings[ring, HIGHEST], closed)


@inlined
def _sum_squares(rows: Rows, slot: int, rings: Ints, ring: int, closed: int, mean: float) -> float:
    """Squared deviations from the window's mean: those within the tiles and those of the tiles' means (Chan 1979)."""
    squares = 0.0
    for place in range(closed):
        count = np.float64(rows.counts[slot, rings[ring, COUNT] + 1 + place])
        if count > 0:
            root = np.float64(rows.singles[slot, rings[ring, ROOT] + place])
            delta = np.float64(rows.singles[slot, rings[ring, SUM] + place]) / count - mean
            squares += root * root + count * (delta * delta)
    count = np.float64(rows.counts[slot, rings[ring, COUNT]])
    if count > 0:
        delta = rows.doubles[slot, rings[ring, OPEN_SUM]] / count - mean
        squares += rows.doubles[slot, rings[ring, OPEN_SQUARES]] + count * (delta * delta)
    return squares


@inlined
def _lowest(rows: Rows, slot: int, extreme: int, closed: int) -> float:
    lowest = np.float32(np.nan)
    if extreme >= 0:
        for place in range(extreme, extreme + closed + 1):
            single = rows.singles[slot, place]
            if single < lowest or lowest != lowest:
                lowest = single
    return np.float64(lowest)


@inlined
def _of_window(operation: int, moments: Doubles, ring: int, smooth: float, prior: float) -> float:
    """A windowed feature; the deviation is the sample's, of two values or more."""
    count, total, squares = moments[ring, 0], moments[ring, 1], moments[ring, 2]
    value: float = np.nan
    if operation == COUNT_OF:
        value = count
    elif operation == SUM_OF:
        value = total
    elif operation == MEAN_OF and count + smooth > 0:
        value = (total + smooth * prior) / (count + smooth)
    elif operation == STD_OF and count >= 2:
        deviation = np.sqrt(squares / (count - 1.0))
        value = deviation if deviation > RESOLUTION * abs(total / count) else 0.0
    elif operation == MIN_OF:
        value = moments[ring, 3]
    elif operation == MAX_OF:
        value = -moments[ring, 4]
    return value


@inlined
def _lagged(rows: Rows, slot: int, lags: Ints, part: int, lag: int) -> float:
    place = np.int64(rows.counts[slot, lags[part, NEXT]]) - lag
    return float(rows.singles[slot, lags[part, VALUES] + (place if place >= 0 else place + lags[part, DEPTH])])


@inlined
def _recent(rows: Rows, slot: int, recencies: Ints, part: int, operation: int) -> float:
    """The last value, or the seconds since; NaN if there was none."""
    seen_at = rows.integers[slot, recencies[part, SEEN_AT]]
    if seen_at == NEVER:
        return np.nan
    if operation == LAST_OF:
        return float(rows.singles[slot, recencies[part, LAST_VALUE]])
    return float((rows.integers[slot, LATEST] - seen_at) / 1e6)
