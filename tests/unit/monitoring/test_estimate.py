from dataclasses import replace

import numpy as np
import pytest

from services.contracts.histogram import Histogram
from services.contracts.promise import NOTHING, Losses, Promise
from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.estimate import EstimateWatch
from services.monitoring.domain.policy import DAY
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at, model, numbers, policy


def unsure(day: int, width: float, rows: int = 400) -> Window:
    """Scores that lie as far from certainty."""
    rng = np.random.default_rng(day)
    scores = np.where(rng.random(rows) < 0.3, 1 - width, width) * rng.uniform(0.97, 1.0, rows)
    decided = scores[scores >= 0.5]
    promise = Promise(rows, float(scores.sum()), len(decided), float(decided.sum()))
    return Window("scores", "m1", at(day), at(day + 1), at(day + 1), rows, {}, [], promise)


def told(watch: EstimateWatch, windows: list[Window]) -> list[Fact]:
    return [fact for window in windows for fact in watch.update(window)]


def test_an_alert_says_what_is_to_be_expected_and_is_over_when_it_is() -> None:
    watch = EstimateWatch(policy(), model())
    days = [unsure(day, 0.4 if 20 <= day < 26 else 0.1) for day in range(34)]
    raised, cleared = told(watch, days)
    assert isinstance(raised, Raised)
    assert (raised.kind, raised.name, raised.version) == ("estimated", "error_rate", "m1")
    assert at(22) <= raised.clock <= at(24)
    assert raised.change is not None
    assert raised.change.low <= at(20) <= raised.change.high
    assert "labels are still to tell" in raised.message
    assert isinstance(cleared, Cleared)
    assert cleared.reason == "recovered"
    assert watch.open == []


def test_what_stays_as_it_was_is_no_alert_however_bad() -> None:
    """It is compared with its own past only."""
    assert told(EstimateWatch(policy(), model()), [unsure(day, 0.45) for day in range(40)]) == []


def test_small_windows_are_put_together() -> None:
    watch = EstimateWatch(policy(), model())
    days = [unsure(day, 0.4 if day >= 80 else 0.1, 50) for day in range(110)]
    assert [type(fact) for fact in told(watch, days)] == [Raised]


def test_of_short_windows_two_weeks_are_enough_however_many_are_put_together() -> None:
    watch = EstimateWatch(replace(policy(), window=DAY // 24), model())
    hours = [unsure(hour, 0.4 if hour >= 15 * 24 else 0.1, 100) for hour in range(16 * 24)]
    shrunk = [replace(one, start=at(0) + n * DAY // 24, end=at(0) + (n + 1) * DAY // 24) for n, one in enumerate(hours)]
    assert [type(fact) for fact in told(watch, shrunk)] == [Raised]


def test_on_a_stream_with_a_rhythm_and_days_alike_it_keeps_within_its_budget() -> None:
    """Weeks with their rhythm, and days that resemble the day before: 10 seeds of a year."""
    raised = 0
    for seed in range(10):
        rng, mood, days = np.random.default_rng(seed), 0.0, []
        for day in range(365):
            mood = 0.5 * mood + rng.normal(0, 0.1)
            odds = rng.normal(-2.2 + 0.3 * np.sin(2 * np.pi * day / 7) + mood, 1.0, 400)
            scores = 1 / (1 + np.exp(-odds))
            decided = scores[scores >= 0.5]
            promise = Promise(400, float(scores.sum()), len(decided), float(decided.sum()))
            days.append(replace(unsure(day, 0.1), promise=promise))
        raised += sum(isinstance(fact, Raised) for fact in told(EstimateWatch(policy(), model()), days))
    assert raised <= 10 * policy().alarms_in(365)


def of_numbers(day: int, mean: float) -> Window:
    values = np.random.default_rng(day).normal(mean, 1.0, 300)
    fields = {"prediction": Histogram.from_record(numbers("prediction", values))}
    return Window("scores", "m1", at(day), at(day + 1), at(day + 1), 300, fields, [])


def test_of_numbers_scores_that_were_less_exact_raise_it() -> None:
    numeric, losses = replace(policy(), kind="regression"), Losses((25.0, 35.0), (1.0, 2.0, 6.0))
    days = [of_numbers(day, 40.0 if day >= 20 else 20.0) for day in range(26)]
    (alert,) = told(EstimateWatch(numeric, replace(model(), losses=losses)), days)
    assert isinstance(alert, Raised)
    assert alert.name == "mae"
    assert alert.value == pytest.approx(6.0)
    assert told(EstimateWatch(numeric, model()), days) == []


def test_scores_that_promise_nothing_are_passed_over() -> None:
    empty = [replace(unsure(day, 0.1), promise=NOTHING) for day in range(30)]
    assert told(EstimateWatch(policy(), model()), empty) == []
