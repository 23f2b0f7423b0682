from copy import deepcopy
from typing import Any

from services.contracts.entries import table_of
from services.contracts.expression import Kind
from services.validation.domain.windows import OpenWindows, WindowBatch
from tests.entries import Shelf

LENGTH = 100
KINDS: dict[str, Kind] = {"amount": "number", "code": "category"}


def batch(windows: OpenWindows) -> WindowBatch:
    return WindowBatch(windows, KINDS, LENGTH, 3)


def row(amount: float) -> dict[str, Any]:
    return {"amount": amount, "code": "A"}


def ends(profiles: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(profile["window_end"], profile["rows"]) for profile in profiles]


def test_a_window_closes_when_the_watermark_reaches_its_end() -> None:
    work = batch(OpenWindows())
    work.update(10, 0, row(1.0))
    work.update(110, 1, row(5.0))
    assert work.close(None) == []
    (closed,) = work.close(100)
    assert (closed["window_start"], closed["window_end"], closed["partition"], closed["up_to_seq"]) == (0, 100, 3, 0)
    assert [(found["name"], found["count"]) for found in closed["fields"]] == [("amount", 1), ("code", 1)]
    assert work.close(199) == []
    assert ends(work.close(200)) == [(200, 1)]


def test_of_windows_without_rows_only_the_last_is_told() -> None:
    work = batch(OpenWindows())
    work.update(10, 0, row(1.0))
    work.update(250, 1, row(1.0))
    assert ends(work.close(1000)) == [(100, 1), (300, 1), (1000, 0)]
    assert ends(work.close(1001)) == []


def test_an_event_of_a_closed_window_counts_in_the_oldest_open_one() -> None:
    work = batch(OpenWindows())
    work.close(100)
    work.update(50, 0, row(1.0))
    assert ends(work.close(200)) == [(200, 1)]


def test_a_batch_leaves_the_windows_as_they_are_until_it_is_applied() -> None:
    windows = OpenWindows()
    work = batch(windows)
    work.update(10, 0, row(1.0))
    windows.apply(work.change())
    before = deepcopy(windows)
    again = batch(windows)
    again.update(20, 1, row(2.0))
    again.update(120, 2, row(3.0))
    assert ends(again.close(100)) == [(100, 2)]
    assert windows == before
    windows.apply(again.change())
    assert list(windows.open) == [1]
    assert windows.closed == 1
    shelf = Shelf().keep(windows.changes(b"w"))
    assert OpenWindows.load(1, table_of(shelf, b"w")) == windows
    assert windows.changes(b"w") == {}


def test_windows_before_1970_are_windows_too() -> None:
    work = batch(OpenWindows())
    work.update(-50, 0, row(1.0))
    assert ends(work.close(-1)) == [(-100, 0)]
    assert ends(work.close(0)) == [(0, 1)]


def test_a_profile_is_the_same_however_many_rows_came_at_once() -> None:
    def profile(size: int) -> list[dict[str, Any]]:
        windows = OpenWindows()
        for start in range(0, 2_500, size):
            work = batch(windows)
            for seq in range(start, start + size):
                work.update(seq % LENGTH, seq, row(0.1 * seq))
            windows.apply(work.change())
        return batch(windows).close(LENGTH)

    (closed,) = profile(2_500)
    assert (closed["rows"], closed["up_to_seq"], closed["fields"][0]["count"]) == (2_500, 2_499, 2_500)
    assert profile(1) == profile(500) == [closed]


LATE, ODD = ("at", "too_late"), ("amount", "type")


def refusals(profiles: list[dict[str, Any]]) -> list[tuple[int, dict[tuple[str, str], int]]]:
    return [
        (profile["window_end"], {(one["field"], one["rule"]): one["rows"] for one in profile["refused"]})
        for profile in profiles
    ]


def test_refused_events_count_in_the_window_of_their_time_or_else_in_the_oldest_open_one() -> None:
    work = batch(OpenWindows())
    work.close(100)
    assert [work.refuse(time, ODD) for time in (150, 160, 250)] == [100, 100, 200]
    assert work.refuse(50, LATE) == 100
    assert work.refuse(None, ODD) == 100
    assert refusals(work.close(200)) == [(200, {ODD: 3, LATE: 1})]
    assert refusals(work.close(300)) == [(300, {ODD: 1})]


def test_a_window_whose_events_are_all_refused_is_told_of() -> None:
    work = batch(OpenWindows())
    work.close(100)
    work.refuse(150, ODD)
    profiles = work.close(1000)
    assert ends(profiles) == [(200, 0), (1000, 0)]
    assert refusals(profiles) == [(200, {ODD: 1}), (1000, {})]


def test_what_is_refused_before_any_time_is_known_counts_in_the_first_window_that_closes() -> None:
    windows = OpenWindows()
    first = batch(windows)
    assert first.refuse(None, ODD) is None
    assert first.refuse(150, ODD) == 100
    windows.apply(first.change())
    windows = OpenWindows.load(None, table_of(Shelf().keep(windows.changes(b"w")), b"w"))
    work = batch(windows)
    work.update(110, 0, row(1.0))
    profiles = work.close(300)
    assert refusals(profiles) == [(200, {ODD: 2}), (300, {})]
    windows.apply(work.change())
    assert windows.open == {}


def test_a_refused_event_that_is_read_again_after_its_window_has_closed_is_over() -> None:
    work = batch(OpenWindows())
    work.refused(100, ODD)
    work.close(200)
    for start in (None, 0, 100):
        work.refused(start, ODD)
    work.refused(200, LATE)
    assert refusals(work.close(300)) == [(300, {LATE: 1})]


def test_it_is_told_whether_the_source_itself_said_that_time_has_passed() -> None:
    work = batch(OpenWindows())
    assert [one["closed_by_source"] for one in work.close(100)] == [False]
    assert [one["closed_by_source"] for one in work.close(200, is_told=True)] == [True]
