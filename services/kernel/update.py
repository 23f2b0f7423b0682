"""One call of the kernel, with its arguments checked."""

import numpy as np
from numpy.typing import NDArray

from services.kernel import decayed, distinct, fold
from services.kernel.plan import Plan
from services.kernel.tables import Batch, Doubles, Ints, Singles, scratch, views

TIME_LIMIT = 2**61
"""Times lie between -TIME_LIMIT and TIME_LIMIT microseconds, so that differences of two fit into 64 bits."""


def update(
    plan: Plan,
    rows: Ints,
    slots: Ints,
    kinds: NDArray[np.int8],
    times: Ints,
    event_values: Doubles,
    label_values: Doubles,
    out: Singles,
) -> None:
    """Take n records in the order of the log: each event's features go to the next column of `out`; what a record
    changes is changed in `rows`, so pass a copy of committed ones.

    rows: int64 [entities, plan.row_bytes / 8], from `plan.empty` or earlier updates. slots: int64 [n], each record's
    row. kinds: int8 [n], 0 for an event, 1 for a label. times: int64 [n], microseconds: event time, or when the label
    became known. event_values: float64 [len(plan.event_columns), events], label_values: float64
    [len(plan.label_columns), labels]: NaN or infinite where missing, one column for each record of the kind, in order;
    of a hashed value column the hashes, see `services.kernel.hashing`.
    out: float32 [len(plan.names), events], written; NaN where a feature has no value. ValueError says which argument
    is wrong.
    """
    labels = int(np.count_nonzero(kinds))
    events = len(kinds) - labels
    _expect("rows", rows, np.int64, (len(rows), plan.row_bytes // 8))
    _expect("slots", slots, np.int64, (len(kinds),))
    _expect("kinds", kinds, np.int8, (len(kinds),))
    _expect("times", times, np.int64, (len(kinds),))
    _expect("event_values", event_values, np.float64, (len(plan.event_columns), events))
    _expect("label_values", label_values, np.float64, (len(plan.label_columns), labels))
    _expect("out", out, np.float32, (len(plan.names), events))
    if len(kinds) == 0:
        return
    _expect_between("slots", slots, 0, len(rows) - 1)
    _expect_between("kinds", kinds, fold.EVENT, fold.LABEL)
    _expect_between("times", times, -TIME_LIMIT, TIME_LIMIT)
    _run(plan, rows, Batch(slots, kinds, times, event_values, label_values), out)


def _run(plan: Plan, rows: Ints, batch: Batch, out: Singles) -> None:
    """The kernels that the plan needs; the first notes the clocks, which the others read."""
    seen, memory = views(rows), scratch(plan.tables, len(batch.slots))
    fold.run(plan.tables, seen, batch, memory, out)
    if len(plan.sketches.sketches):
        distinct.run(plan.sketches, seen, batch, memory, out)
    if len(plan.decays.decays):
        decayed.run(plan.decays, seen, batch, memory, out)


def warm_up(plan: Plan) -> None:
    """Have the kernel compiled, or loaded from the cache, before the first record: up to a few seconds."""
    events, labels = np.empty((len(plan.event_columns), 0)), np.empty((len(plan.label_columns), 0))
    batch = Batch(np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0, np.int64), events, labels)
    _run(plan, plan.empty(1), batch, np.empty((len(plan.names), 0), np.float32))


def _expect(name: str, array: NDArray[np.generic], dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        found = f"{array.dtype} {list(array.shape)}"
        raise ValueError(f"{name}: expected contiguous {np.dtype(dtype)} {list(shape)}, found {found}")


def _expect_between(name: str, array: NDArray[np.integer], low: int, high: int) -> None:
    if array.min() < low or array.max() > high:
        raise ValueError(f"{name}: expected values from {low} to {high}, found {array.min()} to {array.max()}")
