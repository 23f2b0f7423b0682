"""Each kind of broken data is found within two windows, and whole data isn't."""

from dataclasses import replace

import pytest

from services.monitoring.domain.alert import Cleared, Raised
from services.monitoring.domain.integrity import Integrity
from services.monitoring.domain.policy import DAY
from services.monitoring.domain.window import Window
from tests.unit.monitoring import whole
from tests.unit.monitoring.story import at
from tests.unit.monitoring.whole import Broken, days, empty, told, watching

HOUR = DAY // 24

FAULTS = {
    "missing amount": whole.without_amount,
    "out of range amount": whole.in_cents,
    "new category country": whole.from_elsewhere,
    "rejected": whole.refusing("type"),
    "duplicates": whole.refusing("duplicate"),
    "late": whole.refusing("too_late"),
    "volume": whole.times(0.4),
}


@pytest.mark.parametrize(("name", "broken"), FAULTS.items(), ids=list(FAULTS))
def test_a_fault_is_told_of_within_two_windows_and_is_over_when_it_is_gone(name: str, broken: Broken) -> None:
    watch = watching()
    assert told(watch, days(14, 22)) == []
    (alert,) = told(watch, days(22, 24, broken=broken))
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.name, alert.version, alert.clock) == ("integrity", name, "m1", at(24))
    assert alert.change is not None
    assert alert.change.low <= at(22) <= alert.change.high
    assert alert.value >= alert.threshold
    assert watch.open == [alert]
    assert [type(fact) for fact in told(watch, days(24, 28))] == [Cleared]
    assert watch.open == []


def test_twice_as_many_events_are_told_of_too() -> None:
    watch = watching()
    (alert,) = told(watch, days(14, 16, broken=whole.times(2.2)))
    assert isinstance(alert, Raised)
    assert alert.message == "Events rose to 213% of what is usual at their time, against the reference."
    assert [round(point.value, 1) for point in alert.points] == [0.6, 0.5]


def test_whole_data_is_seldom_told_of() -> None:
    """One false alarm a week is allowed, a fifth of them here: 12 in thirty times fourteen days."""
    found = [fact for seed in range(30) for fact in told(watching(seed), days(14, 28, seed))]
    assert len(found) <= 3


def test_the_second_day_without_events_is_no_fall_beside_the_silence() -> None:
    watch = watching()
    told(watch, days(14, 16))
    (silent,) = told(watch, [empty(day) for day in range(16, 20)])
    assert isinstance(silent, Raised)
    assert (silent.name, silent.clock) == ("silent", at(17))
    assert [type(fact) for fact in told(watch, days(20, 23))] == [Cleared]


def test_days_of_which_nothing_was_told_are_days_without_events() -> None:
    watch, all_told = watching(), watching()
    some = [*days(14, 16), empty(19), *days(20, 22)]
    every = [*days(14, 16), *(empty(day) for day in range(16, 20)), *days(20, 22)]
    names = [[type(fact).__name__ for fact in told(one, of)] for one, of in ((watch, some), (all_told, every))]
    assert names == [["Raised", "Cleared"]] * 2


def test_the_end_of_a_stream_is_no_silence() -> None:
    watch = watching()
    told(watch, days(14, 16))
    assert told(watch, [empty(40, closed_by_source=True)]) == []


def test_all_events_refused_is_no_silence() -> None:
    watch = watching()
    told(watch, days(14, 16))
    refused = [whole.window(day, 0, {}, {("amount", "type"): 800}) for day in (16, 17)]
    assert [fact.name for fact in told(watch, refused) if isinstance(fact, Raised)] == ["rejected"]


def test_without_two_windows_to_learn_from_shares_are_not_judged() -> None:
    assert told(watching(learnt=1), days(1, 4, broken=whole.without_amount)) == []


def test_hours_are_compared_with_the_same_hour_of_the_week_once_two_are_known() -> None:
    """Nights and Sundays are empty."""
    policy = replace(whole.POLICY, window=HOUR)

    def hours(first: int, last: int) -> list[Window]:
        return [hour(number, 0 if number % 24 < 6 or number // 24 % 7 == 6 else 300) for number in range(first, last)]

    past = hours(0, 14 * 24)
    watch = Integrity(policy, "m1", past[-48:], past, "the reference")
    assert told(watch, hours(14 * 24, 21 * 24)) == []
    alerts = told(watch, [hour(21 * 24 + number, 0) for number in range(48)])
    assert [(fact.name, (fact.clock - at(21)) // HOUR) for fact in alerts if isinstance(fact, Raised)] == [
        ("volume", 8),  # the second hour of Monday in which events are usual
        ("silent", 37),  # with Sunday 61 hours, and 30 are usual
    ]


def hour(number: int, rows: int) -> Window:
    start = at(0) + number * HOUR
    return Window("inputs", "", start, start + HOUR, start + HOUR, rows, {}, [])
