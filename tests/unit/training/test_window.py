"""How far back the rows reach that are learnt from."""

import numpy as np
import pytest

from services.training.domain.split import NotEnough, SplitRule
from services.training.domain.window import EVERYTHING, Window, reaching
from tests.unit.training.rows import DAY, hourly_rows, made_rows

RULE = SplitRule(holdout=DAY, validation=DAY, min_rows=300, min_positives=100)
WEEK = Window("7d", length=7 * DAY)
FADING = Window("half_life 7d", half_life=7 * DAY)


def test_a_length_reaches_back_from_the_last_row() -> None:
    rows = made_rows()
    held = WEEK.of(rows)
    assert held.event_time[-1] == rows.event_time[-1]
    assert (rows.event_time > rows.event_time[-1] - 7 * DAY).sum() == len(held)
    assert WEEK.of(held).inputs.equals(held.inputs)


def test_a_change_reaches_back_to_itself_whatever_comes_later() -> None:
    rows = made_rows()
    since = Window("since_change", since=int(rows.event_time[2_000]))
    assert len(since.of(rows)) == len(rows) - 2_000
    assert len(since.of(rows.take(np.arange(2_500)))) == 500
    assert len(since.of(rows.take(np.arange(1_000)))) == 0


def test_everything_is_everything() -> None:
    rows = made_rows()
    assert EVERYTHING.of(rows) is rows


def test_older_rows_fade_by_half_each_half_life() -> None:
    rows = made_rows()
    fading = FADING.fading(rows)
    assert FADING.of(rows) is rows
    assert fading is not None
    assert fading[-1] == 1
    weeks = (rows.event_time[-1] - rows.event_time) / (7 * DAY)
    assert fading == pytest.approx(0.5**weeks)
    assert EVERYTHING.fading(rows) is WEEK.fading(rows) is None


def test_faded_rows_are_enough_if_what_they_count_is() -> None:
    rows, day = made_rows(), Window("half_life 1d", half_life=DAY)  # 60 a day count 60 / ln 2 together, 36 / ln 2 of 0
    assert reaching((day, FADING, EVERYTHING), rows, RULE) == (FADING, EVERYTHING)
    assert reaching((FADING, Window("half_life 1w", half_life=7 * DAY)), rows, RULE) == (FADING,)
    found = reaching((day,), rows, RULE)
    assert isinstance(found, NotEnough)
    assert found.have == pytest.approx(60 / np.log(2), abs=10)
    found = reaching((day,), rows, SplitRule(DAY, DAY, 50, 100))
    assert isinstance(found, NotEnough)
    assert found.have == pytest.approx(60 * rows.rarer / len(rows) / np.log(2), abs=10)
    numbers = hourly_rows()
    assert reaching((FADING,), numbers, SplitRule(DAY, DAY, 230, 230)) == (FADING,)
    assert reaching((FADING,), numbers, SplitRule(DAY, DAY, 250, 1)) == NotEnough(
        "training rows within the history that may be tried", 242, 250
    )


def test_windows_with_too_few_rows_are_left_out() -> None:
    day = Window("1d", length=DAY)
    assert reaching((EVERYTHING, day, WEEK), made_rows(), RULE) == (EVERYTHING, WEEK)


def test_windows_that_reach_alike_are_tried_once() -> None:
    long, longer = Window("100d", length=100 * DAY), Window("200d", length=200 * DAY)
    assert reaching((long, EVERYTHING, longer), made_rows(), RULE) == (long,)


def test_where_none_holds_enough_the_run_is_told_why() -> None:
    day, two = (Window(f"{days}d", length=days * DAY) for days in (1, 2))
    rows = made_rows()
    assert reaching((day, two), rows, RULE) == NotEnough(
        "training rows within the history that may be tried", len(two.of(rows)), 300
    )
    rare = SplitRule(DAY, DAY, 50, 100)
    found = reaching((day,), rows, rare)
    assert isinstance(found, NotEnough)
    assert found.reason == "rows of the rarer class within the history that may be tried"
