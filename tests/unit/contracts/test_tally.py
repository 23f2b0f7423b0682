import math

import numpy as np
import pytest

from services.contracts.tally import NONE, Tally, Value, measured, ratio, total

COUNTS = {"rows": 10, "positives": 4, "missed": 1, "wrong": 3}
ERRORS = COUNTS | {"absolute": 0.0, "total": 2.5, "intervals": 0, "outside": 0}


def test_a_profile_tells_what_was_found_and_what_was_wrong() -> None:
    its = Tally.realised({"errors": [ERRORS, ERRORS]})
    assert its == Tally(rows=20, positives=8, hits=6, wrong=6, squared=5.0)
    assert its.false_alarms == 4
    assert Tally.realised({"errors": []}) == NONE == total([])


@pytest.mark.parametrize(
    ("metric", "value"), [("accuracy", 0.7), ("precision", 3 / 5), ("recall", 3 / 4), ("f1", 6 / 9)]
)
def test_measures_of_two_classes(metric: str, value: float) -> None:
    found = measured("binary", metric, [Tally.of_errors(ERRORS)])
    assert found is not None
    assert found.value == pytest.approx(value)
    assert (found.low, found.high) == (None, None)


def test_measures_of_numbers_and_of_several_classes() -> None:
    its = [Tally(rows=4, absolute=8, squared=16, intervals=4, outside=1)]
    found = [measured("regression", name, its) for name in ("mae", "rmse", "coverage")]
    assert [one and one.value for one in found] == [2.0, 2.0, 0.75]
    assert measured("multiclass", "accuracy", [Tally(rows=4, wrong=1)]) == Value(0.75, None, None)


def test_of_nothing_nothing_is_told() -> None:
    assert measured("binary", "recall", [Tally(rows=5), NONE]) is None
    assert ratio([]) is None


def test_intervals_by_windows_hold_what_is_true_though_windows_differ() -> None:
    """Days that differ among themselves: an interval by rows would hold it in half of the cases."""
    rng, held = np.random.default_rng(1), 0
    for _ in range(400):
        days = np.clip(rng.normal(0.3, 0.08, 20), 0, 1)
        found = ratio([(float(rng.binomial(500, day)), 500.0) for day in days])
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.3 <= found.high
    assert held / 400 == pytest.approx(0.95, abs=0.03)


def test_a_root_has_the_root_of_its_interval() -> None:
    assert measured("regression", "rmse", [Tally(rows=1, squared=4.0)] * 2) == Value(2.0, 2.0, 2.0)
    wide = measured("regression", "rmse", [Tally(rows=1, squared=100.0), Tally(rows=1, squared=0.0)])
    assert wide is not None
    assert (wide.low, math.isfinite(wide.high or math.nan)) == (0.0, True)


def test_an_interval_of_a_share_ends_where_shares_do() -> None:
    days = [Tally(rows=2, wrong=wrong) for wrong in (0, 0, 2)]
    found = measured("binary", "accuracy", days)
    assert found is not None
    assert found.low is not None
    assert (found.low > 0.0, found.high) == (False, 1.0)
    assert measured("regression", "mae", [Tally(rows=1, absolute=100.0), Tally(rows=1)]) != Value(50.0, 0.0, 1.0)
