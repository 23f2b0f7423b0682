from hypothesis import given
from hypothesis import strategies as st

from services.contracts.watermark import REMEMBERED, Watermark

TIMES = st.lists(st.integers(-(10**15), 10**15), max_size=60)


def watermark_of(times: list[int]) -> Watermark:
    watermark = Watermark()
    for time in times:
        watermark.update_event(time)
    return watermark


def test_has_no_value_before_the_third_event() -> None:
    assert watermark_of([]).value is None
    assert watermark_of([5, 9]).value is None
    assert watermark_of([5, 9, 7]).value == 5


def test_one_event_dated_a_year_ahead_changes_nothing() -> None:
    usual = [100, 110, 120, 130]
    assert watermark_of([*usual, 10**12]).value == 120
    assert watermark_of([*usual, 140]).value == 120


def test_never_falls_when_high_times_are_forgotten() -> None:
    watermark = watermark_of([10**6] * 3 + [1] * (2 * REMEMBERED))
    assert watermark.value == 10**6


def test_forgets_all_but_the_last_thousand() -> None:
    ahead = [10**12, 10**12 + 1]
    watermark = watermark_of([*ahead, *range(REMEMBERED)])
    watermark.update_event(5)
    assert watermark.value == REMEMBERED - 3
    watermark.update_event(10**12)
    assert watermark.value == REMEMBERED - 2


def test_a_tick_raises_and_never_lowers() -> None:
    watermark = watermark_of([1, 2, 3])
    watermark.update_tick(50)
    watermark.update_tick(20)
    assert watermark.value == 50
    watermark.update_event(60)
    assert watermark.value == 50


@given(TIMES)
def test_is_the_greatest_third_highest_so_far(times: list[int]) -> None:
    expected = [sorted(times[: end + 1])[-3] for end in range(2, len(times))]
    assert watermark_of(times).value == (max(expected) if expected else None)


@given(TIMES, TIMES)
def test_goes_on_from_a_plain_list_as_if_never_stopped(before: list[int], after: list[int]) -> None:
    kept = watermark_of(before)
    restored = Watermark.from_list(kept.to_list())
    copied = kept.copy()
    assert restored == kept == copied
    for time in after:
        kept.update_event(time)
        restored.update_event(time)
    assert restored == kept
    assert copied == watermark_of(before)
