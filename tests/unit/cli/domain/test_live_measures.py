"""What `driftmill quality` tells, from the profiles of partitions and windows."""

from typing import Any

import numpy as np
import pytest

from services.cli.domain.live_measures import Expecting, live_measures
from services.contracts.pipeline.learning_task import BINARY, REGRESSION
from services.contracts.pipeline.model import Cost
from services.contracts.profile import FieldProfile
from services.contracts.promise import Losses

COST = Cost(missed=10.0, false_alarm=1.0)
EXPECTING = Expecting(BINARY, {}, None)
Profile = dict[str, Any]


def scores(window: int, *its: float, version: str = "v1", partition: int = 0, group: str = "") -> Profile:
    field, decided = FieldProfile("score"), [score for score in its if score >= 0.5]
    field.update_numbers(np.array(its))
    found = {"rows": len(its), "fields": [field.to_record()], "decided": len(decided), "promised": sum(decided)}
    return _about("scores", window, version, partition, group) | found


def quality(
    window: int,
    rows: int,
    wrong: int,
    *,
    positives: int = 0,
    missed: int = 0,
    version: str = "v1",
    partition: int = 0,
    group: str = "",
    cost: float | None = None,
) -> Profile:
    errors = {"rows": rows, "wrong": wrong, "positives": positives, "missed": missed}
    errors |= dict.fromkeys(("absolute", "total", "intervals", "outside"), 0)
    return _about("quality", window, version, partition, group) | {"rows": rows, "errors": [errors], "cost": cost}


def _about(stream: str, window: int, version: str, partition: int, group: str) -> Profile:
    about = {"stream": stream, "window_start": window, "version": version, "partition": partition}
    return about | {"slice": group}


def told(profiles: list[Profile], metric: str, expecting: Expecting = EXPECTING) -> dict[str, Any]:
    (row,) = [one for one in live_measures(profiles, expecting) if one["metric"] == metric]
    return row


def test_windows_that_matured_are_told_with_their_interval_and_share() -> None:
    four = [0.9] * 4
    row = told([scores(0, *four), quality(0, 4, 1), scores(1, *four), quality(1, 4, 3), scores(2, 0.9)], "accuracy")
    assert (row["realised"], row["judged"], row["matured"]) == (0.5, 8, pytest.approx(8 / 9))
    assert row["low"] < 0.5 < row["high"]


def test_an_estimate_is_of_what_is_to_come_and_stands_beside_its_error_so_far() -> None:
    row = told([scores(0, 0.9, 0.8, 0.1, 0.2), quality(0, 4, 2), scores(1, 0.7, 0.3)], "accuracy")
    assert (row["estimated"], row["error"]) == (pytest.approx(0.7), pytest.approx(0.85 - 0.5))
    row = told([scores(0, 0.9, 0.8, 0.1, 0.2), quality(0, 4, 2, positives=2, missed=1)], "recall")
    assert (row["realised"], row["estimated"]) == (0.5, None)
    assert row["error"] == pytest.approx(1.7 / 2 - 0.5)


def test_a_window_has_matured_when_every_partition_that_answered_in_it_has_told() -> None:
    some = [scores(0, 0.9), scores(0, 0.9, partition=1), quality(0, 1, 0)]
    assert told(some, "accuracy")["matured"] == 0.0
    assert told([*some, quality(0, 1, 0, partition=1)], "accuracy")["matured"] == 1.0


def test_a_correction_replaces_what_was_told() -> None:
    assert told([scores(0, 0.9), quality(0, 1, 0), quality(0, 1, 1)], "accuracy")["realised"] == 0.0


def test_costs_are_told_and_expected_where_they_are_plain() -> None:
    priced = Expecting(BINARY, {}, COST)
    some = [scores(0, 0.9, 0.9, 0.4, 0.1), quality(0, 4, 2, positives=2, missed=1, cost=11.0), scores(1, 0.9, 0.4)]
    row = told(some, "cost", priced)
    assert (row["realised"], row["estimated"]) == (2.75, pytest.approx((0.1 + 4.0) / 2))
    assert row["error"] == pytest.approx((0.2 + 5.0) / 4 - 2.75)
    by_amount = Expecting(BINARY, {}, Cost(missed="amount", false_alarm=1.0))
    assert (told(some, "cost", by_amount)["realised"], told(some, "cost", by_amount)["estimated"]) == (2.75, None)
    assert told([scores(0, 0.9), quality(0, 1, 1)], "cost", priced)["realised"] is None


def test_slices_are_told_where_they_are_asked_for() -> None:
    north = [scores(0, 0.9, group="region=north"), quality(0, 1, 1, group="region=north")]
    some = [scores(0, 0.9, 0.9), quality(0, 2, 1), *north]
    assert {row["slice"] for row in live_measures(some, EXPECTING)} == {"all"}
    rows = live_measures(some, EXPECTING, by_slice=True)
    assert [row["realised"] for row in rows if row["metric"] == "accuracy"] == [0.5, 0.0]


def test_nothing_is_expected_of_a_baseline_which_may_be_a_rule() -> None:
    row = told([scores(0, 1.0, version="baseline"), quality(0, 1, 1, version="baseline")], "accuracy")
    assert (row["version"], row["realised"], row["estimated"], row["error"]) == ("baseline", 0.0, None, None)


def test_of_a_number_its_errors_on_the_hold_out_tell_of_policies_of_the_model_too() -> None:
    field = FieldProfile("prediction")
    field.update_numbers(np.array([10.0, 40.0]))
    one = scores(0, version="v1.p2") | {"rows": 2, "fields": [field.to_record()]}
    expecting = Expecting(REGRESSION, {"v1": Losses((20.0,), (1.0, 5.0))}, None)
    row = told([one], "mae", expecting)
    assert (row["estimated"], row["realised"]) == (3.0, None)
    assert told([one], "rmse", expecting)["estimated"] is None


def test_groups_of_people_are_told_by_what_befalls_them_and_how_far_they_lie_apart() -> None:
    fair = Expecting(BINARY, {}, None, ("age",))
    some = [
        quality(window, 40, missed, positives=20, missed=missed, group=f"age={age}")
        for window in (0, 1)
        for age, missed in (("old", 2), ("young", 12))
    ]
    rows = [row for row in live_measures(some, fair, by_slice=True) if row["slice"] == "between age"]
    assert [(row["metric"], row["realised"]) for row in rows] == [
        ("demographic_parity", pytest.approx(0.25)),
        ("equalised_odds", pytest.approx(0.5)),
    ]
    parts = [row for row in live_measures(some, fair, by_slice=True) if row["metric"] == "positive_rate"]
    assert [(row["slice"], row["realised"]) for row in parts] == [("age=old", 0.45), ("age=young", 0.2)]
    assert [row for row in live_measures(some, fair) if row["slice"].startswith("between")] == []
