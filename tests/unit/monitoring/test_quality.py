from dataclasses import replace

import pytest

from services.monitoring.domain.alert import Classified, Cleared, Fact, Raised, Updated
from services.monitoring.domain.measure import MEASURES
from services.monitoring.domain.quality import Quality
from services.monitoring.domain.window import Run, Window
from tests.unit.monitoring.story import at, policy


def window(day: int, wrong: int = 2, missed: int = 1, runs: int = 4) -> Window:
    """Runs of 100 rows and five positives; each error costs 0.5."""
    step = (at(1) - at(0)) // max(1, runs)
    held = [
        Run(at(day) + i * step, at(day) + i * step + 9, 100, wrong * 0.5, wrong, 5, missed, missed * 0.5)
        for i in range(runs)
    ]
    return Window("quality", "m1", at(day), at(day + 1), at(day + 4), runs * 100, {}, held)


def told(quality: Quality, windows: list[Window]) -> list[Fact]:
    """Beginnings and ends."""
    return [fact for held in windows for fact in quality.update(held) if not isinstance(fact, Updated)]


def test_a_quality_that_stays_is_never_told_of() -> None:
    quality = Quality(policy(), "m1")
    assert told(quality, [window(day) for day in range(25)]) == []
    assert quality.open == []


def test_one_cause_that_moves_every_measure_is_one_alert() -> None:
    quality = Quality(policy(), "m1")
    bad = [window(day, wrong=30, missed=5) if day >= 14 else window(day) for day in range(20)]
    (alert,) = told(quality, bad)
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.version) == ("quality", "m1")
    assert alert.value >= alert.threshold
    assert alert.clock > at(15)
    assert alert.change is not None
    assert alert.change.low <= alert.change.point == at(14) <= alert.change.high
    assert alert.message.startswith(MEASURES["binary"][alert.name].words)
    assert quality.open == [alert]


def test_one_that_becomes_much_worse_is_updated_once_and_is_more_severe() -> None:
    quality = Quality(policy(), "m1")
    days = [2] * 14 + [6] * 6 + [60] * 8
    facts = [fact for day, wrong in enumerate(days) for fact in quality.update(window(day, wrong=wrong))]
    first, *updates = [fact for fact in facts if fact.alert_id == facts[0].alert_id]
    assert isinstance(first, Raised)
    assert first.severity == "warning"
    assert all(isinstance(update, Updated) for update in updates)
    assert [update.revision for update in updates if isinstance(update, Updated)] == [*range(1, len(updates) + 1)]
    assert 1 <= len(updates) <= 4
    assert [update.severity for update in updates if isinstance(update, Updated)][-1] == "critical"
    assert quality.updates[0] == updates[-1]


def test_an_alert_carries_what_was_measured_before_it_and_each_update_what_came_since() -> None:
    quality = Quality(policy(), "m1")
    days = [2] * 14 + [6] * 6 + [60] * 8 + [2] * 5
    facts = [fact for day, wrong in enumerate(days) for fact in quality.update(window(day, wrong=wrong))]
    life = [fact for fact in facts if fact.alert_id == facts[0].alert_id]
    ends = [point.end for fact in life if not isinstance(fact, Classified) for point in fact.points]
    assert ends == [at(day + 1) for day in range(len(ends))]
    assert isinstance(life[-1], Cleared)
    assert life[-1].points[-1].end == life[-1].clock - 3 * (at(1) - at(0))


def test_missed_positives_are_named_where_the_rest_hardly_moves() -> None:
    (alert,) = told(Quality(policy(), "m1"), [window(day, missed=5 if day >= 14 else 1) for day in range(20)])
    assert isinstance(alert, Raised)
    assert alert.name in ("miss_rate", "positive_brier")


def test_an_alert_ends_when_no_measure_is_bad_any_more_and_not_before() -> None:
    quality = Quality(policy(), "m1")
    begun = [window(day, wrong=30, missed=5) if day >= 14 else window(day) for day in range(18)]
    (alert,) = told(quality, begun)
    assert told(quality, [window(day, missed=5) for day in range(18, 24)]) == []
    assert told(quality, [window(day) for day in range(24, 30)]) == [Cleared(alert.alert_id, at(26 + 4), "recovered")]
    assert quality.open == []


def test_a_second_cause_is_told_of_while_the_first_alert_stands() -> None:
    quality = Quality(policy(), "m1")
    usual, worse = [window(day) for day in range(14)], [window(day, wrong=12) for day in range(14, 30)]
    worst = [window(day, wrong=40, missed=5) for day in range(30, 36)]
    (first,) = told(quality, [*usual, *worse])
    (second,) = told(quality, worst)
    assert isinstance(first, Raised)
    assert isinstance(second, Raised)
    assert first.alert_id != second.alert_id
    assert first.change is not None
    assert second.change is not None
    assert first.change.point == at(14)
    assert second.change.point == at(30)
    assert quality.open == [first, second]


def test_alerts_of_several_causes_end_together() -> None:
    quality = Quality(policy(), "m1")
    days = [2] * 14 + [12] * 16 + [40] * 6
    raised = told(quality, [window(day, wrong=wrong) for day, wrong in enumerate(days)])
    assert len(raised) == 2
    over = told(quality, [window(day) for day in range(36, 46)])
    assert over == [Cleared(fact.alert_id, at(38 + 4), "recovered") for fact in reversed(raised)]
    assert quality.open == []


def test_the_first_cause_may_last_when_the_second_is_over() -> None:
    quality = Quality(policy(), "m1")
    days = [2] * 14 + [12] * 16 + [40] * 6
    first, second = told(quality, [window(day, wrong=wrong) for day, wrong in enumerate(days)])
    over = told(quality, [window(day, wrong=12) for day in range(36, 46)])
    assert over == [Cleared(second.alert_id, at(38 + 4), "recovered")]
    assert quality.open == [first]


def test_windows_without_outcomes_say_nothing() -> None:
    assert told(Quality(policy(), "m1"), [window(day, runs=0) for day in range(20)]) == []


def of_numbers(day: int, absolute: float) -> Window:
    """Runs of 100 rows, each off by so much, a fifth more or less by run."""
    step = (at(1) - at(0)) // 4
    errors = [absolute * share for share in (0.8, 1.2, 0.9, 1.1)]
    held = [
        Run(at(day) + i * step, at(day) + i * step + 9, 100, error**2 * 100, 0, 0, 0, 0.0, absolute=error * 100)
        for i, error in enumerate(errors)
    ]
    return Window("quality", "m1", at(day), at(day + 1), at(day + 4), 400, {}, held)


@pytest.mark.parametrize("unit", [0.001, 1.0, 1e6])
def test_errors_of_numbers_are_watched_whatever_their_unit(unit: float) -> None:
    numbers = replace(policy(), kind="regression")
    assert numbers.tests == numbers.fields + 5
    assert told(Quality(numbers, "m1"), [of_numbers(day, 10 * unit) for day in range(25)]) == []
    (alert,) = told(Quality(numbers, "m1"), [of_numbers(day, (20 if day >= 14 else 10) * unit) for day in range(20)])
    assert isinstance(alert, Raised)
    assert alert.name in ("mae", "mse")
    assert alert.change is not None
    assert alert.change.point == at(14)
