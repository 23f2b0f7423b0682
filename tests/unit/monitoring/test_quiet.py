from services.monitoring.domain.quiet import LONGEST, QUIET, Quiet


def test_what_comes_is_looked_at_once_it_is_quiet() -> None:
    quiet = Quiet(0.0)
    assert [quiet.is_over(0.0), quiet.is_over(QUIET)] == [False, True]
    quiet.heard(QUIET)
    assert not quiet.is_over(2 * QUIET - 0.1)
    assert quiet.is_over(2 * QUIET)
    quiet.looked()
    assert not quiet.waits
    assert not quiet.is_over(100.0)
    quiet.heard(100.0)
    assert quiet.waits
    assert not quiet.is_over(100.0)


def test_what_never_ends_is_looked_at_all_the_same() -> None:
    quiet, now = Quiet(0.0), 0.0
    while not quiet.is_over(now):
        now += QUIET / 2
        quiet.heard(now)
    assert LONGEST <= now <= LONGEST + QUIET
