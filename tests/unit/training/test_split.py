"""The temporal split lets nothing of the future in."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.training.domain.cohort import Rows
from services.training.domain.split import NotEnough, Split, SplitRule, comparable, split
from tests.unit.training.rows import DAY, made_rows, relabelled

RULE = SplitRule(holdout=14 * DAY, validation=7 * DAY, min_rows=200, min_positives=30)

labelled = st.lists(st.tuples(st.integers(0, 1_000), st.integers(-50, 400), st.integers(0, 1)), min_size=1, max_size=60)


def rows_of(events: list[tuple[int, int, int]]) -> Rows:
    """event time, delay of the label (negative: it was there before the event), label"""
    events = sorted(events)
    time = np.array([event[0] for event in events], np.int64)
    known = time + np.array([event[1] for event in events], np.int64)
    label = np.array([event[2] for event in events], np.int8)
    return Rows(time, known, label, pd.DataFrame({"a": np.zeros(len(time), np.float32)}), ("a",), ())


@given(events=labelled, holdout=st.integers(1, 500), validation=st.integers(1, 500))
def test_no_row_learns_from_what_was_still_open(
    events: list[tuple[int, int, int]], holdout: int, validation: int
) -> None:
    rows = rows_of(events)
    made = split(rows, SplitRule(holdout, validation, min_rows=0, min_positives=0))
    if isinstance(made, NotEnough):
        return
    judged = rows.event_time[made.holdout].min()
    assert (rows.label_time[made.development] < made.holdout_from).all()
    assert (rows.event_time[made.development] < made.holdout_from).all()
    assert (rows.label_time[made.development] < judged).all()
    assert (rows.event_time[made.train] < rows.event_time[made.validation].min()).all()
    assert set(made.train) | set(made.validation) == set(made.development)
    assert not set(made.development) & set(made.holdout)
    assert not set(made.train) & set(made.validation)


def test_the_newest_days_are_held_out_and_those_before_choose() -> None:
    made = split(made_rows(), RULE)
    assert isinstance(made, Split)
    newest = int(made_rows().event_time[made.development].max())
    assert newest + 1 - made.validation_from == RULE.validation
    assert len(made.holdout) == pytest.approx(14 * 60, rel=0.1)


def test_of_what_is_known_since_a_change_at_least_half_trains() -> None:
    whole = split(made_rows(), RULE)
    assert isinstance(whole, Split)
    newest = int(made_rows().event_time[whole.development].max()) + 1
    for since, length in ((20 * DAY, RULE.validation), (4 * DAY, 2 * DAY), (-DAY, RULE.validation)):
        made = split(made_rows(), replace(RULE, changed=newest - since))
        assert isinstance(made, Split)
        assert newest - made.validation_from == length
        assert made.holdout_from == whole.holdout_from


def test_no_entity_is_on_two_sides_where_they_are_kept_apart_and_time_still_parts_them() -> None:
    keys = np.array([f"c{n % 60}" for n in range(3_600)], object)
    rows = replace(made_rows(), entity=keys)
    mixed, made = split(rows, RULE), split(rows, replace(RULE, apart=True))
    assert isinstance(mixed, Split)
    assert isinstance(made, Split)
    of = {name: {*keys[getattr(made, name)]} for name in ("train", "validation", "holdout", "released")}
    assert not of["train"] & of["validation"]
    assert not of["released"] & of["holdout"]
    assert len(of["train"] | of["validation"] | of["holdout"]) == 60
    for name in ("train", "validation", "development", "holdout"):
        assert {*getattr(made, name)} <= {*getattr(mixed, name)}
    assert {*made.development} == {n for n in mixed.development if keys[n] in of["released"]}
    assert {*made.released} == {n for n in range(3_600) if keys[n] not in of["holdout"]}
    assert mixed.released.tolist() == list(range(3_600))
    assert (made.validation_from, made.holdout_from) == (mixed.validation_from, mixed.holdout_from)


def test_too_few_entities_to_hold_one_out_is_told() -> None:
    rows = replace(made_rows(), entity=np.full(3_600, "only", object))
    assert isinstance(split(rows, replace(RULE, apart=True)), NotEnough)


def test_a_short_history_holds_a_quarter_of_it_out() -> None:
    rows = made_rows(days=30)
    made = split(rows, RULE)
    assert isinstance(made, Split)
    end = int(rows.event_time[-1]) + 1
    assert end - made.holdout_from == (end - int(rows.event_time[0])) // 4
    whole = split(made_rows(), RULE)
    assert isinstance(whole, Split)
    assert int(made_rows().event_time[-1]) + 1 - whole.holdout_from == RULE.holdout


def test_a_short_past_gives_a_fifth_of_it_to_the_validation() -> None:
    rows = made_rows(days=30)
    made = split(rows, SplitRule(14 * DAY, 14 * DAY, 200, 30))
    assert isinstance(made, Split)
    newest = int(rows.event_time[made.development].max()) + 1
    assert newest - made.validation_from == (newest - int(rows.event_time[0])) // 5


@pytest.mark.parametrize(
    ("label", "reason"), [(0, "positives in the training rows"), (1, "negatives in the training rows")]
)
def test_a_window_of_one_class_says_so(label: int, reason: str) -> None:
    rows = made_rows()
    found = split(relabelled(rows, np.full(len(rows), label, np.int8)), RULE)
    assert found == NotEnough(reason, 0, 30)


def test_a_hold_out_of_one_class_says_so() -> None:
    rows = made_rows()
    label = np.where(rows.event_time > 46 * DAY - DAY, 0, rows.label).astype(np.int8)
    assert split(relabelled(rows, label), RULE) == NotEnough("positives in the hold-out", 0, 30)


def test_a_validation_of_one_class_says_so() -> None:
    rows = made_rows()
    chosen_on = (rows.event_time > 38 * DAY) & (rows.event_time < 46 * DAY)
    found = split(relabelled(rows, np.where(chosen_on, 0, rows.label).astype(np.int8)), RULE)
    assert found == NotEnough("classes in the validation rows", 1, 2)


def test_too_few_rows_say_how_many_are_needed() -> None:
    found = split(made_rows(days=10, a_day=20), RULE)
    assert isinstance(found, NotEnough)
    assert (found.reason, found.need) == ("training rows known before the hold-out begins", 200)
    assert split(rows_of([(0, 1, 1)]).take(np.array([], np.intp)), RULE) == NotEnough("matured rows", 0, 200)


def test_models_are_compared_only_on_rows_that_neither_has_seen() -> None:
    times = np.array([10, 20, 30, 40])
    assert comparable(times, np.array([1, 2, 3]), 30).tolist() == [2, 3]
