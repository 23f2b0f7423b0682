from services.monitoring.domain.attempt import FIRST, LONGEST, Attempt


def test_it_is_tried_at_once_then_later_and_later_until_the_budget_is_spent() -> None:
    attempt, now, waits = Attempt.first(100.0, 3600.0), 100.0, []
    assert attempt.is_due(now)
    while not attempt.failed(now):
        assert not attempt.is_due(now)
        waits.append(attempt.next - now)
        now = attempt.next
        assert attempt.is_due(now)
    assert waits[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert max(waits) == waits[-1] == LONGEST
    assert 3600 <= now - 100 < 3600 + LONGEST


def test_years_of_failures_are_no_overflow() -> None:
    attempt = Attempt(0.0, 0.0, 1e12, count=10**6)
    assert not attempt.failed(1.0)
    assert attempt.next == 1 + LONGEST
