import numpy as np
import pytest

from services.contracts.watermark import Watermark
from services.lake.domain.log_window import LogWindow


def ends(times: list[int], cut: int) -> list[tuple[int, int]]:
    """The windows that end in a log that is read in stretches: number, and place behind their last event."""
    window, found, begun, at = LogWindow(100), list[tuple[int, int]](), 0, 0
    while at < len(times):
        stop = min(len(times), (at // cut + 1) * cut)
        last = window.update(np.array(times[at:stop]))
        if last is None:
            at = stop
            continue
        begun = at = at + last
        assert window.number is not None
        found.append((window.number, begun))
        window = window.next()
    return found


def test_a_window_ends_with_the_third_event_past_it() -> None:
    assert ends([10, 50, 110, 60, 120, 70, 130, 140, 250], 100) == [(0, 7)]


def test_windows_in_which_nothing_lies_are_passed_over() -> None:
    assert ends([10, 910, 920, 930, 1010, 1020, 1030], 100) == [(0, 4), (9, 7)]


def test_two_events_dated_far_ahead_end_nothing() -> None:
    assert ends([10, 99_999, 99_999, 20, 30, 110, 120], 100) == [(0, 6)]
    assert ends([99_999, *range(10, 90), 110, 120], 100) == [(0, 83)]


def test_it_ends_where_the_watermark_passes_it() -> None:
    rng = np.random.default_rng(3)
    times = (np.cumsum(rng.integers(0, 3, 6_000)) + rng.integers(-50, 50, 6_000) + 1_000).tolist()
    watermark, passed = Watermark(), list[int]()
    for place, time in enumerate(times):
        before = watermark.value
        watermark.update_event(time)
        if before is not None and watermark.value is not None and watermark.value // 100 > before // 100:
            passed.append(place + 1)
    found = [place for _, place in ends(times, 10_000)]
    assert len(found) > 50
    # events past the next end that came before this one are counted anew
    late = [abs(ours - theirs) for ours, theirs in zip(found, passed[-len(found) :], strict=True)]
    assert max(late) < 100


@pytest.mark.parametrize("cut", [1, 7, 1_000])
def test_where_the_log_is_cut_changes_nothing(cut: int) -> None:
    rng = np.random.default_rng(4)
    times = (np.cumsum(rng.integers(0, 2, 5_000)) + rng.integers(0, 300, 5_000)).tolist()
    assert ends(times, cut) == ends(times, 5_000)
