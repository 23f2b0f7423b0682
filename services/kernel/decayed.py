"""Exponentially decayed counts, sums and means: brought forward by the records of the log, and read for each event.

All that `run` computes is in this file, by whose content numba keys its cache. A value of age a counts with the weight
2^(-a / half-life) (forward decay, Cormode et al. 2009); what a row keeps is as of its latest value.
"""

import numpy as np

from services.kernel.compiled import compiled, inlined
from services.kernel.prefetch import prefetch
from services.kernel.tables import Batch, Decays, Doubles, Rows, Scratch, Singles

# Columns of Decays.decays and features.
SOURCE, COLUMN, SEEN_AT, COUNT, SUM = range(5)
OPERATION, PART, CURRENT, OUT = range(4)

COUNT_OF, SUM_OF, MEAN_OF = range(3)

EVENT = 0
NEVER = np.iinfo(np.int64).min
FLOAT32_MAX = float(np.finfo(np.float32).max)
HALVES = 2.0 ** -np.arange(1076.0)
"""Powers of a half, down to 0."""
_LN_2 = 0.6931471805599453
C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = np.cumprod([-_LN_2 / n for n in range(1, 14)]).tolist()
"""Taylor's series of 2^-x. In plain arithmetic, so that bits don't depend on a processor's or system's functions."""


@compiled
def run(decays: Decays, rows: Rows, batch: Batch, scratch: Scratch, out: Singles) -> None:
    """Take the records in order, with the clocks that `fold.run` has noted."""
    taken = scratch.taken
    taken[:] = 0
    for record in range(batch.slots.shape[0]):
        prefetch(rows.integers, batch.slots, record)
        slot, time, source = batch.slots[record], batch.times[record], int(batch.kinds[record])
        values = batch.event_values if source == EVENT else batch.label_values
        n = taken[source]
        taken[source] = n + 1
        for current in range(2):  # features that exclude the event itself, then those that include it
            if current == 1:
                _fold(decays, rows, slot, time, source, values, n)
            if source == EVENT:
                _read(decays, rows, slot, scratch.clocks[record, 1], current, out, n)


@inlined
def _weight(age: int, half_life: float, halves: Doubles) -> float:
    """2^(-age / half-life), within 2 units of the last place; ages are not negative."""
    x = age / half_life
    if x >= 1075.0:
        return 0.0
    whole = np.floor(x + 0.5)
    r = x - whole
    tail = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
    series = 1.0 + r * (C1 + r * (C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * tail)))))))
    return float(series * halves[int(whole)])


@inlined
def _fold(decays: Decays, rows: Rows, slot: int, time: int, source: int, values: Doubles, n: int) -> None:
    """Add record n to every decay of its source in which its value is present, a late one by the weight of its age."""
    for part in range(decays.decays.shape[0]):
        if decays.decays[part, SOURCE] == source:
            column = decays.decays[part, COLUMN]
            value = float(values[column, n]) if column >= 0 else 0.0
            if abs(value) <= FLOAT32_MAX:
                _add(rows, slot, decays, part, time, value)


@inlined
def _add(rows: Rows, slot: int, decays: Decays, part: int, time: int, value: float) -> None:
    places, half_life, old, new = decays.decays, decays.half_lives[part], 1.0, 1.0
    seen_at = rows.integers[slot, places[part, SEEN_AT]]
    if seen_at == NEVER or time >= seen_at:
        rows.integers[slot, places[part, SEEN_AT]] = time
        old = _weight(time - seen_at, half_life, decays.halves) if seen_at != NEVER else 0.0
    else:
        new = _weight(seen_at - time, half_life, decays.halves)
    count, total = places[part, COUNT], places[part, SUM]
    rows.doubles[slot, count] = rows.doubles[slot, count] * old + new
    if total >= 0:
        rows.doubles[slot, total] = rows.doubles[slot, total] * old + new * value


@inlined
def _read(decays: Decays, rows: Rows, slot: int, now: int, current: int, out: Singles, n: int) -> None:
    """Write the features of event n that exclude (0) or include (1) the event itself."""
    for feature in range(decays.features.shape[0]):
        if decays.features[feature, CURRENT] == current:
            part = decays.features[feature, PART]
            seen_at = rows.integers[slot, decays.decays[part, SEEN_AT]]
            weight = _weight(now - seen_at, decays.half_lives[part], decays.halves) if seen_at != NEVER else 0.0
            value = np.float32(_decayed(rows, slot, decays, feature, part, weight))
            out[decays.features[feature, OUT], n] = value + np.float32(0.0)  # no negative zero


@inlined
def _decayed(rows: Rows, slot: int, decays: Decays, feature: int, part: int, weight: float) -> float:
    """A mean has the weight in both its terms, and so none, unless it is smoothed."""
    operation, smooth = decays.features[feature, OPERATION], decays.smooth[feature]
    count = rows.doubles[slot, decays.decays[part, COUNT]]
    if operation == COUNT_OF:
        return float(count * weight)
    total = rows.doubles[slot, decays.decays[part, SUM]]
    if operation == SUM_OF:
        return float(total * weight)
    if smooth > 0:
        return float((total * weight + smooth * decays.prior[feature]) / (count * weight + smooth))
    return float(total / count) if count > 0 else np.nan
