"""Which outcomes may be learnt from."""

from typing import Any

import numpy as np
import pandas as pd

from services.training.domain.cohort import Rows, cohort
from tests.unit.training.outcomes import outcome


def rows_of(*outcomes: dict[str, Any], known_before: int = 1_000) -> Rows:
    return cohort(pd.DataFrame(list(outcomes)), ("a", "b"), ("country",), known_before, "f")


def test_a_labelled_outcome_becomes_a_row_of_named_columns() -> None:
    rows = rows_of(outcome())
    assert (rows.event_time.tolist(), rows.label_time.tolist(), rows.label.tolist()) == ([100], [200], [1])
    assert rows.inputs["a"].dtype == np.float32
    assert rows.inputs["a"].tolist() == [1.5]
    assert np.isnan(rows.inputs["b"][0])
    assert rows.inputs["country"].tolist() == ["DE"]


def test_an_infinite_number_is_a_missing_one() -> None:
    rows = rows_of(outcome(numbers=np.array([np.inf, -np.inf], "<f4").tobytes()))
    assert rows.inputs[["a", "b"]].isna().all(axis=None)


def test_outcomes_without_label_of_another_feature_set_or_known_too_late_are_left_out() -> None:
    rows = rows_of(
        outcome(label=np.nan),
        outcome(feature_set="older"),
        outcome(label_time=1_000),
        outcome(numbers=b"", categories=[]),
        outcome(categories=[]),
        outcome(categories=["DE", "FR"]),
        outcome(seq=2, label=0.0, label_time=999),
    )
    assert rows.label.tolist() == [0]


def test_rows_stand_in_the_order_of_time_partition_and_seq() -> None:
    rows = rows_of(
        outcome(event_time=300, label=0.0),
        outcome(partition=1, seq=0, label=0.0),
        outcome(partition=0, seq=9, label=1.0),
    )
    assert rows.event_time.tolist() == [100, 100, 300]
    assert rows.label.tolist() == [1, 0, 0]


def test_some_of_the_rows_are_taken_by_mask_or_by_position() -> None:
    rows = rows_of(outcome(), outcome(event_time=300, label=0.0))
    by_mask, by_position = rows.take(np.array([False, True])), rows.take(np.array([1]))
    assert by_mask.inputs.equals(by_position.inputs)
    assert by_mask.event_time.tolist() == by_position.event_time.tolist() == [300]


def test_rows_weigh_what_they_stand_for_where_some_events_were_left_alone() -> None:
    rows = rows_of(outcome(propensity=0.04), outcome(seq=2, propensity=1.0), outcome(seq=3, propensity=np.nan))
    assert rows.weight is not None
    assert rows.weight.tolist() == [25, 1, 1]
    assert rows.take(np.array([False, True, True])).weight is not None
    assert rows.standing(np.array([1, 0])).tolist() == [1, *[0] * 25]
    assert rows_of(outcome(propensity=1.0), outcome(seq=2, propensity=np.nan)).weight is None


def test_no_outcome_gives_no_row() -> None:
    assert len(rows_of(outcome(label=np.nan))) == 0


def test_what_is_only_served_is_there_for_the_champion_but_not_learnt_from() -> None:
    rows = rows_of(outcome()).learnt_from(("b", "country"))
    assert (rows.numbers, rows.categories) == (("b",), ("country",))
    assert set(rows.inputs) == {"a", "b", "country"}


def test_a_row_tells_its_groups_and_a_missing_one_is_empty() -> None:
    told = [outcome(seq=1, slices={"country": "DE", "age": None}), outcome(seq=2, slices={})]
    rows = cohort(pd.DataFrame(told), ("a", "b"), ("country",), 1_000, "f", ("age", "country"))
    assert {name: values.tolist() for name, values in rows.groups.items()} == {"age": ["", ""], "country": ["DE", ""]}
    assert rows.take(np.array([False, True])).groups["country"].tolist() == [""]
