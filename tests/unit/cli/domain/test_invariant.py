"""What was found of an invariant."""

from services.cli.domain.invariant import Invariant, Invariants


def test_it_holds_until_it_breaks_and_keeps_the_first_places() -> None:
    one = Invariant("x", "something")
    assert one.holds
    for number in range(9):
        one.breaks(f"at {number}")
    assert (one.holds, one.broken, len(one.examples), one.examples[0]) == (False, 9, 5, "at 0")


def test_what_cannot_be_told_does_not_hold() -> None:
    assert not Invariant("x", "something", unknown="the log is cut").holds


def test_what_is_pending_holds() -> None:
    assert Invariant("x", "something", pending=3).holds


def test_all_are_listed_by_their_own_names() -> None:
    invariants = Invariants.new()
    assert [one.name for one in invariants.all()] == list(Invariants.__dataclass_fields__)
    assert all(one.to_dict()["holds"] for one in invariants.all())
