from services.validation.domain.liveness import Liveness

MINUTE = 60_000_000
LATENESS = 10 * MINUTE


def after(*delays: int) -> Liveness:
    liveness = Liveness(LATENESS)
    for delay in delays:
        liveness.update(0, delay)
    return liveness


def test_nothing_has_happened_is_not_live() -> None:
    assert not after().is_live


def test_live_while_events_come_within_the_lateness() -> None:
    assert after(0, LATENESS, -LATENESS).is_live
    assert not after(0, LATENESS + 1).is_live


def test_live_again_after_a_thousand_timely_events() -> None:
    assert not after(2 * LATENESS, *[0] * 999).is_live
    assert after(2 * LATENESS, *[0] * 1000).is_live


def test_a_tick_lags_by_the_lateness_and_is_worth_a_tenth_of_it() -> None:
    live, now = after(0), 100 * MINUTE
    assert live.tick(now, None) == now - LATENESS
    assert live.tick(now, now - LATENESS - MINUTE) == now - LATENESS
    assert live.tick(now, now - LATENESS - MINUTE + 1) is None
    assert after(2 * LATENESS).tick(now, None) is None


def test_a_copy_changes_on_its_own() -> None:
    first = after(0)
    second = first.copy()
    second.update(0, 2 * LATENESS)
    assert first.is_live
    assert not second.is_live
