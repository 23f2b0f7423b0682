from dataclasses import replace

from services.monitoring.domain.errors import KEPT, PARTS, ErrorWatch
from services.monitoring.domain.measure import MEASURES
from services.monitoring.domain.policy import DAY
from services.monitoring.domain.window import Run, Window
from tests.unit.monitoring.story import at, policy


def window(day: int, wrong: int, runs: int = 4, rows: int = 50) -> Window:
    """Runs an equal time apart, so many wrong in each."""
    step = (at(1) - at(0)) // max(1, runs)
    held = [Run(at(day) + i * step, at(day) + i * step + 9, rows, 0.0, wrong, 0, 0, 0.0) for i in range(runs)]
    return Window("quality", "m1", at(day), at(day + 1), at(day + 1), runs * rows, {}, held)


def watching(measure: str = "error_rate") -> ErrorWatch:
    return ErrorWatch(policy(), "m1", MEASURES["binary"][measure])


def fed(watch: ErrorWatch, wrong: list[int], first: int = 0) -> list[str | None]:
    return [watch.update(window(first + day, count)) for day, count in enumerate(wrong)]


def test_it_judges_nothing_before_a_season_of_its_own() -> None:
    watch = watching()
    assert fed(watch, [1, 1, 40, 40, 40, 1]) == [None] * 6
    assert watch.cusum is None
    fed(watch, [1], first=6)
    assert watch.cusum is not None


def test_rows_that_stand_for_many_wait_for_others_until_there_are_enough_of_them() -> None:
    light, heavy = watching(), watching()
    fed(light, [1] * 4)
    for day in range(4):
        its = window(day, 1)
        heavy.update(replace(its, runs=[run._replace(heaviest=25) for run in its.runs]))
    assert (len(light.reference), len(heavy.reference)) == (4, 0)


def test_errors_that_never_vary_raise_nothing() -> None:
    assert set(fed(watching(), [2] * 30)) == {None}


def test_a_rise_is_raised_where_it_began_and_cleared_when_it_is_over() -> None:
    watch = watching()
    found = fed(watch, [2] * 14 + [20] * 4)
    assert [verdict for verdict in found if verdict] == ["raised"]
    change = watch.change()
    assert change is not None
    assert change.low <= change.point == at(14) <= change.high
    assert "cleared" in fed(watch, [2] * 4, first=18)


def test_fewer_errors_are_no_alert() -> None:
    assert set(fed(watching(), [20] * 14 + [0] * 14)) == {None}


def test_the_reference_grows_to_two_seasons_and_then_stands() -> None:
    watch = watching()
    fed(watch, [2] * 10)
    assert len(watch.reference) == 10
    fed(watch, [2] * 20, first=10)
    assert len(watch.reference) == policy().reference


def test_of_hours_it_grows_a_day_at_a_time() -> None:
    watch = ErrorWatch(replace(policy(), window=DAY // 24), "m1", MEASURES["binary"]["error_rate"])
    fed(watch, [2] * (168 + 47))
    assert sum(span for _, span in watch.reference) == 168 + 24


def test_what_was_raised_does_not_become_the_reference() -> None:
    watch = watching()
    fed(watch, [2] * 8 + [20] * 10)
    assert max(sums.value for sums, _ in watch.reference) == 0.04


def test_windows_with_too_few_rows_wait_for_each_other() -> None:
    watch = watching()
    for day in range(4):
        watch.update(window(day, 1, runs=1))
    assert [(sums.rows, span) for sums, span in watch.reference] == [(100, 2), (100, 2)]


def test_a_season_of_few_rows_is_enough_however_few() -> None:
    watch = watching()
    for day in range(7):
        watch.update(window(day, 1, runs=1, rows=2))
    assert [(sums.rows, span) for sums, span in watch.reference] == [(14, 7)]


def test_a_measure_of_positives_waits_as_long_as_there_are_none() -> None:
    watch = watching("miss_rate")
    assert fed(watch, [40] * 20) == [None] * 20
    assert (watch.reference, watch.change()) == ([], None)


def test_windows_without_outcomes_are_nothing_to_find_a_change_in() -> None:
    watch = watching()
    assert [watch.update(window(day, 0, runs=0)) for day in range(10)] == [None] * 10
    assert watch.change() is None


def test_many_runs_are_put_together_and_the_oldest_forgotten() -> None:
    watch = watching()
    watch.update(window(0, 1, runs=PARTS * 2 + 1, rows=3))
    assert len(watch.runs) == 33
    assert sum(sums.rows for sums in watch.runs) == (PARTS * 2 + 1) * 3
    assert watch.runs.maxlen == KEPT


def test_where_adwin_noticed_it_too_the_time_is_kept_until_it_is_over() -> None:
    watch = watching()
    fed(watch, [2] * 14 + [40] * 6)
    assert watch.noticed is not None
    assert (watch.noticed.statistic, watch.noticed.at is not None and watch.noticed.at >= at(14)) == ("adwin", True)
    fed(watch, [2] * 6, first=20)
    assert watch.noticed is None


def test_a_window_is_judged_only_where_there_is_something_to_judge_it_by() -> None:
    watch = watching()
    seen = []
    for day in range(9):
        watch.update(window(day, 1))
        seen.append(watch.has_judged)
    assert seen == [False] * 7 + [True] * 2
    watch.update(window(9, 0, runs=0))
    assert not watch.has_judged
