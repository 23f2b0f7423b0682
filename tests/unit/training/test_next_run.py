"""What evidence is wanting, and what a limit holds back."""

from services.training.domain.next_run import Held, lacking


def test_the_run_of_an_alert_is_held_back_once_and_what_else_asks_once_after_each_run() -> None:
    alerted, labelled = (
        Held("r", "alert", "a1", "q", "cooldown", 9, ""),
        Held("r", "labels", None, "q", "cooldown", 9, ""),
    )
    assert (alerted.key, labelled.key) == ("r", "labels/q")


def test_the_first_need_that_is_not_met_is_told_positives_before_rows() -> None:
    assert lacking(900, 40, 1_000, 50) == (40, 50, "40 of 50 labelled positives after the change")
    assert lacking(900, 50, 1_000, 50) == (900, 1_000, "900 of 1,000 labelled rows after the change")
    assert lacking(1_000, 0, 1_000, None) is None
