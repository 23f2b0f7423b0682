from dataclasses import replace

from services.monitoring.domain.alert import Change, Classified, Cleared, Raised
from services.monitoring.domain.nature import Natures
from tests.unit.monitoring.story import at

MOVED = Raised("i", "inputs", "amount", "m1", at(12), 1.0, 0.5, Change(at(9), at(10), at(11)), "", drift="unknown")
WORSE = Raised("q", "quality", "brier", "m1", at(16), 1.0, 0.5, Change(at(9), at(10), at(11)), "", drift="real")


def natures(*told: Raised) -> Natures:
    found = Natures(near=at(7) - at(0), enough=3)
    found.take(told)
    return found


def mature(found: Natures, first: int, last: int, judged: bool = True) -> list[object]:
    """Labels of days, each known three days later."""
    return [fact for day in range(first, last) for fact in found.mature(at(day), at(day + 4), judged)]


def test_inputs_are_unknown_until_enough_labels_of_their_time_have_been_judged() -> None:
    found = natures(MOVED)
    assert found.of(MOVED) == "unknown"
    assert mature(found, 5, 12) == []
    assert mature(found, 12, 20) == [Classified("i", at(16), "virtual")]


def test_labels_that_nothing_could_be_told_by_make_nothing_known() -> None:
    assert mature(natures(MOVED), 5, 30, judged=False) == []


def test_quality_without_moved_inputs_is_real_at_once() -> None:
    assert natures().of(WORSE) == "real"
    assert mature(natures(WORSE), 13, 30) == []


def test_quality_beside_moved_inputs_is_both_and_so_are_they() -> None:
    found = natures(MOVED)
    assert found.of(WORSE) == "both"
    found.take([replace(WORSE, drift="both")])
    assert mature(found, 12, 30) == [Classified("i", at(16), "both")]


def test_what_was_called_virtual_may_turn_out_to_be_both_and_stays_so() -> None:
    found = natures(MOVED)
    mature(found, 5, 14)
    found.take([replace(WORSE, clock=at(18), drift="both")])
    assert mature(found, 14, 15) == [Classified("i", at(18), "both")]
    found.take([Cleared("q", at(20), "recovered")])
    assert mature(found, 15, 40) == []


def test_inputs_that_are_seen_to_move_later_make_a_real_drift_both() -> None:
    found = natures(WORSE, replace(MOVED, clock=at(20)))
    assert mature(found, 13, 16) == []
    assert set(mature(found, 16, 17)) == {Classified("q", at(20), "both"), Classified("i", at(20), "both")}


def test_an_alert_of_another_time_is_no_relative_but_one_that_is_over_is() -> None:
    old = replace(MOVED, clock=at(2), change=Change(at(-3), at(-2), at(-1)))
    assert natures(old).of(WORSE) == "real"
    over = natures(MOVED)
    over.take([Cleared("i", at(14), "recovered"), replace(WORSE, drift="both")])
    assert over.of(WORSE) == "both"
    assert mature(over, 12, 20) == [Classified("i", at(16), "both")]


def test_what_inputs_tell_ahead_of_the_labels_clock_waits_for_it() -> None:
    early, late = natures(MOVED, replace(WORSE, clock=at(40))), natures(MOVED)
    assert mature(early, 5, 20) == mature(late, 5, 20)


def test_an_alert_that_isn_t_about_drift_has_no_nature() -> None:
    assert natures().of(replace(WORSE, kind="floor", change=None)) is None


def test_what_is_long_over_is_forgotten() -> None:
    found = natures(MOVED)
    found.take([Cleared("i", at(14), "recovered")])
    mature(found, 5, 37)
    assert found.told
    mature(found, 37, 40)
    assert found == natures()
