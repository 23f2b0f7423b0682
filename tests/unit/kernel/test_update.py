from typing import Any

import numpy as np
import pytest

from services.kernel.plan import compile_plan
from services.kernel.update import TIME_LIMIT, update
from tests.unit.kernel.streams import DAY, feature

PLAN = compile_plan([feature("mean", "amount", DAY), feature("count", "fraud", DAY, source="labels")])


def arguments(**other: Any) -> dict[str, Any]:
    """Two events and a label of two entities."""
    return {
        "rows": PLAN.empty(2),
        "slots": np.array([0, 1, 1], np.int64),
        "kinds": np.array([0, 1, 0], np.int8),
        "times": np.array([1, 2, 3], np.int64),
        "event_values": np.ones((1, 2)),
        "label_values": np.ones((1, 1)),
        "out": np.empty((2, 2), np.float32),
    } | other


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": PLAN.empty(2).astype(np.uint64)},
        {"rows": PLAN.empty(2)[:, 1:]},
        {"slots": np.array([0, 1, 2], np.int64)},
        {"slots": np.array([0, -1, 1], np.int64)},
        {"kinds": np.array([0, 2, 0], np.int8)},
        {"times": np.array([0, 1], np.int64)},
        {"times": np.array([0, 1, TIME_LIMIT + 1], np.int64)},
        {"event_values": np.ones((2, 1))},
        {"label_values": np.ones((1, 2))},
        {"out": np.empty((2, 2))},
        {"out": np.empty((2, 2), np.float32, order="F")},
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_written(wrong: dict[str, Any]) -> None:
    given = arguments(**wrong)
    before = given["rows"].tobytes()
    with pytest.raises(ValueError, match=f"^{next(iter(wrong))}: expected"):
        update(PLAN, **given)
    assert given["rows"].tobytes() == before


def test_records_of_both_kinds_are_taken_in_order() -> None:
    given = arguments()
    update(PLAN, **given)
    np.testing.assert_array_equal(given["out"], np.array([[np.nan, np.nan], [0, 1]], np.float32))


def test_no_records_change_nothing() -> None:
    none = {"slots": np.empty(0, np.int64), "kinds": np.empty(0, np.int8), "times": np.empty(0, np.int64)}
    values = {"event_values": np.empty((1, 0)), "label_values": np.empty((1, 0)), "out": np.empty((2, 0), np.float32)}
    given = arguments(**none, **values)
    update(PLAN, **given)
    assert given["rows"].tobytes() == PLAN.empty(2).tobytes()
