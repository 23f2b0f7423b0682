from dataclasses import replace

from services.monitoring.domain.policy import DAY, Policy
from services.monitoring.domain.reference import Model
from services.monitoring.domain.volume import EFFECT, UNSURE, Usual, Volume, consecutive, weeks
from tests.unit.monitoring.story import at
from tests.unit.monitoring.whole import POLICY, day_of, days, empty

HOUR = DAY // 24


def volume(first: int, last: int) -> Volume:
    made = Volume.of(POLICY, ("volume",), days(first, last))
    assert made is not None
    return made


def test_each_day_of_the_week_has_what_is_usual_on_it() -> None:
    usual = Usual.of(POLICY, days(0, 14))
    assert abs(usual.at(at(19)) - 400) < 50  # a Saturday
    assert abs(usual.at(at(21)) - 800) < 50
    assert abs(usual.change(day_of(19))) < 0.15


def test_all_or_nothing_is_one() -> None:
    usual = Usual.of(POLICY, days(0, 14))
    assert usual.change(empty(21)) == -1.0
    assert usual.change(empty(21), is_own=False) == -1.0


def test_where_next_to_nothing_is_usual_nothing_is_no_change_and_a_few_are_little() -> None:
    usual = Usual.of(POLICY, [empty(day) if day % 7 == 6 else day_of(day) for day in range(14)])
    few = replace(empty(20), rows=20)
    assert usual.change(empty(20)) == 0.0
    assert 0.0 < usual.change(few) < 0.2


def test_hours_repeat_by_the_day_until_two_weeks_are_known() -> None:
    policy, whole = Policy("p", HOUR, 1), days(0, 14)
    hours = [
        replace(one, start=one.start + hour * HOUR, end=one.start + (hour + 1) * HOUR, rows=hour, refused={})
        for one in whole
        for hour in range(24)
    ]
    assert Usual.of(policy, hours[: 8 * 24]).at(hours[10 * 24 + 5].start) == 5
    assert (Usual.of(policy, hours[: 8 * 24]).season, Usual.of(policy, hours).season) == (24, 168)


def test_less_than_two_weeks_are_sure_of_great_changes_only() -> None:
    assert (volume(0, 14).fall.effect, volume(0, 8).fall.effect) == (EFFECT, UNSURE)


def test_without_a_season_of_windows_or_any_event_nothing_is_usual() -> None:
    assert Volume.of(POLICY, ("volume",), days(0, 6)) is None
    assert Volume.of(POLICY, ("volume",), [empty(day) for day in range(14)]) is None


def test_two_weeks_of_hours_are_as_many_windows_and_long_windows_are_at_least_two_seasons() -> None:
    assert weeks(Policy("p", HOUR, 1), 2) == 336
    assert weeks(Policy("p", 30 * DAY, 1), 2) == 8


def test_windows_of_which_nothing_was_told_are_among_the_consecutive_ones_and_the_first_of_all_is_not() -> None:
    inputs = [*days(0, 5), *days(8, 12)]
    found = consecutive(POLICY, Model(), inputs, inputs[:7])
    assert [(held.start, held.events > 0) for held in found] == [
        (at(day), day not in (5, 6, 7)) for day in range(1, 10)
    ]


def test_a_model_is_compared_with_its_training_period() -> None:
    inputs = days(0, 30)
    model = Model("m1", 1, at(26), at(4), at(22))
    found = consecutive(POLICY, model, inputs, inputs[15:22])
    assert (found[0].start, found[-1].end, len(found)) == (at(8), at(22), 14)
