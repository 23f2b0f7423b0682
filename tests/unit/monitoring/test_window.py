from typing import Any

import numpy as np

from services.contracts.tally import Tally
from services.monitoring.domain.window import Assembler, Pool, Window, complete, pooled
from tests.unit.monitoring.story import at, errors, profile, words


def ends(windows: list[Window]) -> list[tuple[str, int]]:
    return [(window.version, (window.end - at(0)) // (at(1) - at(0))) for window in windows]


def test_a_window_is_whole_when_all_partitions_have_reported_it() -> None:
    assembler = Assembler(2)
    assert assembler.update(profile("inputs", 0, "", 0, 10, fields=[words("kind", ["a"])])) == []
    (window,) = assembler.update(profile("inputs", 0, "", 1, 20, fields=[words("kind", ["a", "b"])]))
    assert window.rows == 30
    assert window.fields["kind"].categories == {"a": 2, "b": 1}


def test_a_partition_without_rows_holds_nobody_back() -> None:
    assembler = Assembler(2)
    assert assembler.update(profile("quality", 0, "m1", 0, 10)) == []
    assert ends(assembler.update(profile("quality", 0, "", 1, 0))) == [("m1", 1)]
    assert ends(assembler.update(profile("quality", 1, "", 1, 0))) == []
    assert ends(assembler.update(profile("quality", 1, "m1", 0, 10))) == [("m1", 2)]


def test_a_partition_that_skips_to_a_later_window_has_passed_the_earlier() -> None:
    assembler = Assembler(2)
    assembler.update(profile("inputs", 0, "", 0, 10))
    assembler.update(profile("inputs", 1, "", 0, 10))
    assert ends(assembler.update(profile("inputs", 2, "", 1, 10))) == [("", 1), ("", 2)]


def test_two_versions_in_a_window_wait_until_neither_can_gain_rows() -> None:
    assembler = Assembler(2)
    assembler.update(profile("scores", 0, "m1", 0, 10))
    assembler.update(profile("scores", 0, "m2", 0, 5))
    assert ends(assembler.update(profile("scores", 0, "m1", 1, 10))) == [("m1", 1)]
    assert ends(assembler.update(profile("scores", 1, "m2", 1, 10))) == [("m2", 1)]


def test_of_repeats_the_later_counts_and_a_restatement_of_the_past_does_not() -> None:
    assembler = Assembler(2)
    assembler.update(profile("inputs", 0, "", 0, 10, up_to_seq=9))
    assembler.update(profile("inputs", 0, "", 0, 12, up_to_seq=11))
    assembler.update(profile("inputs", 0, "", 0, 10, up_to_seq=9))
    (window,) = assembler.update(profile("inputs", 0, "", 1, 1, up_to_seq=0))
    assert window.rows == 13
    assert assembler.update(profile("inputs", 0, "", 1, 99, up_to_seq=99)) == []


def test_slices_are_left_to_others_but_tell_how_far_a_partition_is() -> None:
    assembler = Assembler(1)
    assert assembler.update(profile("inputs", 0, "", 0, 10, slice="kind=a")) == []
    assert ends(assembler.update(profile("inputs", 0, "", 0, 20))) == [("", 1)]


def test_the_clock_is_that_of_the_last_closing_and_errors_are_in_the_order_of_events() -> None:
    assembler = Assembler(2)
    rng = np.random.default_rng(1)
    assembler.update(profile("quality", 0, "m1", 0, 64, errors=errors(rng, 0, 64, 0.5), closed_at=at(5)))
    (window,) = assembler.update(profile("quality", 0, "m1", 1, 64, errors=errors(rng, 0, 64, 0.5), closed_at=at(4)))
    assert window.clock == at(5)
    assert [run.from_time for run in window.runs] == sorted(run.from_time for run in window.runs)


def test_a_profile_without_a_clock_counts_as_closed_at_its_end() -> None:
    (window,) = Assembler(1).update(profile("inputs", 0, "", 0, 10, closed_at=0))
    assert window.clock == at(1)


def test_small_windows_are_put_together() -> None:
    assembler, pool = Assembler(1), Pool(enough=25, most=7)
    whole = [pool.update(assembler.update(profile("inputs", day, "", 0, 10))[0]) for day in range(6)]
    assert [held.rows for held in whole if held] == [30, 30]
    assert [(held.start, held.end) for held in whole if held] == [(at(0), at(3)), (at(3), at(6))]


def sliced(day: int, partition: int, name: str, rows: int, missed: int) -> dict[str, Any]:
    counts = {
        "from_time": at(day),
        "to_time": at(day),
        "rows": rows,
        "wrong": missed,
        "positives": rows,
        "missed": missed,
    }
    found = counts | dict.fromkeys(("absolute", "total", "intervals", "outside"), 0)
    return profile("quality", day, "m1", partition, rows, slice=name, errors=[found])


def test_slices_come_before_their_window_is_whole_and_are_added_up_over_partitions() -> None:
    assembler = Assembler(2)
    for partition in (0, 1):
        assert assembler.update(sliced(0, partition, "age=old", 10, partition)) == []
        assert assembler.update(sliced(0, partition, "age=old", 10, partition + 1)) == []
        whole = assembler.update(profile("quality", 0, "m1", partition, 10))
    (window,) = whole
    assert dict(window.groups) == {"age=old": Tally(rows=20, positives=20, hits=17, wrong=3)}
    assert assembler.update(sliced(0, 0, "age=old", 10, 9)) == []
    assert assembler.slices == {}


def test_windows_that_are_put_together_have_the_groups_of_all() -> None:
    assembler = Assembler(1)
    found = []
    for day, name in enumerate(("age=old", "age=young", "age=old")):
        assembler.update(sliced(day, 0, name, 10, 1))
        found += assembler.update(profile("quality", day, "m1", 0, 10))
    assert {name: its.rows for name, its in pooled(found).groups.items()} == {"age=old": 20, "age=young": 10}


def refused(**rules: int) -> list[dict[str, object]]:
    return [{"field": "at", "rule": rule, "rows": rows} for rule, rows in rules.items()]


def test_refused_events_of_all_partitions_add_up_and_are_not_among_the_rows() -> None:
    assembler = Assembler(2)
    assembler.update(profile("inputs", 0, "", 0, 10, refused=refused(range=2, too_late=1)))
    (window,) = assembler.update(profile("inputs", 0, "", 1, 0, refused=refused(range=3), closed_by_source=True))
    assert window.refused == {("at", "range"): 5, ("at", "too_late"): 1}
    assert (window.rows, window.events, window.closed_by_source) == (10, 16, True)


def test_small_windows_are_put_together_with_what_was_refused_of_them() -> None:
    assembler = Assembler(1)
    few = [
        window
        for day in range(3)
        for window in assembler.update(profile("inputs", day, "", 0, 10, refused=refused(range=10)))
    ]
    by_rows, by_events = Pool(25, 7), Pool(25, 7, refused=True)
    assert [by_rows.update(window) is not None for window in few] == [False, False, True]
    whole = [by_events.update(window) for window in few]
    assert [window is not None for window in whole] == [False, True, False]
    assert whole[1] is not None
    assert whole[1].refused == {("at", "range"): 20}


def test_windows_of_which_nothing_was_told_are_empty_ones() -> None:
    assembler = Assembler(1)
    told = [window for day in (0, 3) for window in assembler.update(profile("inputs", day, "", 0, 10))]
    assert [(window.start, window.rows) for window in complete(told, 5)] == [
        (at(0), 10),
        (at(1), 0),
        (at(2), 0),
        (at(3), 10),
    ]
    assert [window.start for window in complete(told, 1)] == [at(0), at(2), at(3)]


def test_windows_shorter_than_a_day_wait_for_ample_rows_but_no_longer_than_a_day() -> None:
    told = [Assembler(1).update(profile("inputs", hour, "", 0, rows))[0] for hour, rows in enumerate([30] * 4 + [75])]
    few, many = Pool(enough=25, most=28, day=4), Pool(enough=10, most=28, day=4)
    assert [held.rows for window in told[:4] if (held := few.update(window))] == [90]
    assert [held.rows for window in told if (held := many.update(window))] == [30, 30, 30, 30, 75]
    slow = Pool(enough=100, most=28, day=4)
    assert [held.rows for window in told[:4] if (held := slow.update(window))] == [120]
