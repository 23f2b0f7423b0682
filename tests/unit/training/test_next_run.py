"""What evidence is wanting."""

from services.training.domain.next_run import lacking


def test_the_first_need_that_is_not_met_is_told_positives_before_rows() -> None:
    assert lacking(900, 40, 1_000, 50) == (40, 50, "40 of 50 labelled positives after the change")
    assert lacking(900, 50, 1_000, 50) == (900, 1_000, "900 of 1,000 labelled rows after the change")
    assert lacking(1_000, 0, 1_000, None) is None
