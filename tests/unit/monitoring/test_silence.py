from services.monitoring.domain.alert import Cleared, Raised
from services.monitoring.domain.silence import Silence
from tests.unit.monitoring.story import at
from tests.unit.monitoring.whole import POLICY, day_of, days, empty


def silence(*gaps: int) -> Silence:
    return Silence.of(POLICY, "m1", [empty(day) if day in gaps else day_of(day) for day in range(14)])


def test_a_day_without_events_is_silent_where_there_never_was_one_until_one_comes() -> None:
    watch = silence()
    (alert,) = watch.update(empty(14))
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.name, alert.clock) == ("integrity", "silent", at(15))
    assert alert.value > alert.threshold
    assert watch.update(empty(15)) == []
    assert watch.update(day_of(16)) == [Cleared(alert.alert_id, at(17), "recovered")]


def test_where_days_in_a_row_were_empty_more_than_twice_as_many_are_silent() -> None:
    watch = silence(4, 5, 8)
    told = [watch.update(empty(day)) for day in range(14, 20)]
    assert [len(facts) for facts in told] == [0, 0, 0, 0, 1, 0]


def test_a_silence_that_was_over_is_one_that_may_be_usual() -> None:
    watch = silence()
    watch.update(empty(14))
    watch.update(day_of(15))
    assert [len(watch.update(empty(day))) for day in range(16, 19)] == [0, 0, 1]


def test_few_events_that_do_not_come_are_no_silence() -> None:
    few = [held.__class__("inputs", "", held.start, held.end, held.end, 3, {}, []) for held in days(0, 14)]
    watch = Silence.of(POLICY, "m1", few)
    assert [len(watch.update(empty(day))) for day in range(14, 22)] == [0, 0, 0, 0, 0, 0, 1, 0]
