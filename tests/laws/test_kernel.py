"""Whatever the log: the features are the reference's bit for bit, and batches leave no trace."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.hashing import hashed
from services.kernel.plan import compile_plan
from tests.unit.kernel.reference import by_reference
from tests.unit.kernel.streams import DAY, HOUR, Log, every_feature, run

PLAN = compile_plan(every_feature())
STEPS = st.sampled_from([0, 1, 5, HOUR, 2 * HOUR, DAY, 30 * DAY, -1, -HOUR, -DAY])
RECORDS = st.tuples(st.integers(0, 1), st.booleans(), STEPS, st.integers(0, 60), st.floats(width=64))


@st.composite
def logs(draw: st.DrawFn) -> Log:
    records = draw(st.lists(RECORDS, min_size=1, max_size=60))
    slots, kinds, steps, shops, values = (np.array(column) for column in zip(*records, strict=True))
    is_label = kinds.astype(bool)
    events, labels = values[~is_label], values[is_label]
    of_events = {"amount": events, "odd": -events, "hash of amount": hashed(events)}
    of_events["hash of shop"] = hashed(shops[~is_label].astype(np.float64))
    of_labels = {"fraud": labels, "hash of judge": hashed(labels)}
    return Log(slots, kinds.astype(np.int8), np.cumsum(steps), of_events, of_labels)


@given(logs())
@settings(max_examples=60)
def test_features_equal_the_plain_python_reference_bit_for_bit(log: Log) -> None:
    # what underflows single precision may be a negative zero
    found, expected = run(PLAN, PLAN.empty(2), log) + np.float32(0.0), by_reference(every_feature(), log)
    same = (found.view(np.uint32) == expected.view(np.uint32)) | (np.isnan(found) & np.isnan(expected))
    assert same.all(), [PLAN.names[column] for column in np.flatnonzero(~same.all(axis=0))]


@given(logs(), st.lists(st.integers(0, 60), max_size=5))
@settings(max_examples=60)
def test_rows_and_features_do_not_depend_on_the_batches(log: Log, cuts: list[int]) -> None:
    whole, batched = PLAN.empty(2), PLAN.empty(2)
    vectors = run(PLAN, whole, log)
    bounds = sorted({0, len(log), *(min(cut, len(log)) for cut in cuts)})
    parts = [run(PLAN, batched, log.part(a, b)).tobytes() for a, b in pairwise(bounds)]
    assert b"".join(parts) == vectors.tobytes()
    assert batched.tobytes() == whole.tobytes()
