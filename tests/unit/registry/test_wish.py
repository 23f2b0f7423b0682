"""What people ask for, while a version is in flight and otherwise."""

from dataclasses import replace

import pytest

from tests.unit.registry.play import PLAN, Play, asked, begun, days


def in_canary() -> Play:
    play = begun(PLAN)
    play.see(*days(0, 1))
    return play


def test_a_person_may_promote_at_once() -> None:
    play = in_canary()
    assert play.ask("MoveRequested", "v2", to_state="champion") == ["v1 champion → retired", "v2 canary → champion"]
    assert [(one["by"], one["reason"]) for one in play.moves()[-2:]] == [
        ("registry", "replaced by v2"),
        ("ann", "seen"),
    ]
    assert (play.viewed("challenger"), play.state.flight) == (None, None)


def test_a_former_champion_may_be_promoted_again() -> None:
    play = in_canary()
    play.ask("MoveRequested", "v2", to_state="champion")
    assert play.ask("MoveRequested", "v1", to_state="champion") == ["v2 champion → retired", "v1 retired → champion"]


@pytest.mark.parametrize("kind", ["ReleaseDecided", "RollbackRequested"])
def test_a_person_may_leave_the_version_in_flight_for_good(kind: str) -> None:
    play = in_canary()
    more = {"approved": False} if kind == "ReleaseDecided" else {"to_version": None}
    assert play.ask(kind, "v2", **more) == ["v2 canary → rejected"]
    assert (play.moves()[-1]["by"], play.viewed("challenger")) == ("ann", None)
    assert play.offer("v3", digest="digest of v2") == ["v3 candidate → rejected"]


def test_the_next_one_has_its_turn_then() -> None:
    play = in_canary()
    play.offer("v3")
    assert play.ask("RollbackRequested", "v2", to_version=None) == ["v2 canary → rejected", "v3 accepted → shadow"]


def test_who_is_beside_the_champion_goes_on_when_that_is_rolled_back() -> None:
    play = in_canary()
    assert play.ask("RollbackRequested", "v1", to_version=None) == ["v1 champion → retired"]
    flight = play.state.flight
    assert flight is not None
    assert (flight.version, flight.against, flight.attempt) == ("v2", "baseline", 2)


def test_the_champion_may_retire() -> None:
    play = in_canary()
    assert play.ask("MoveRequested", "v1", to_state="retired") == ["v1 champion → retired"]
    assert play.viewed("champion") is None


@pytest.mark.parametrize(
    ("kind", "version", "more", "why"),
    [
        ("MoveRequested", "v9", {"to_state": "champion"}, "there is no such version"),
        ("MoveRequested", "v1", {"to_state": "champion"}, "it is champion already"),
        ("MoveRequested", "v2", {"to_state": "retired"}, "it is canary: only the champion can retire"),
        ("MoveRequested", "v9", {"to_state": "retired"}, "there is no such version"),
        ("RollbackRequested", "v9", {"to_version": None}, "v9 neither answers nor is in flight"),
        ("RollbackRequested", "v2", {"to_version": "v1"}, "v2 neither answers nor is in flight"),
        ("ReleaseDecided", "v2", {"approved": True}, "it is canary, and waits for nobody"),
        ("ReleaseDecided", "v1", {"approved": False}, "it is champion, and waits for nobody"),
    ],
)
def test_what_cannot_be_done_is_told_and_moves_nobody(
    kind: str, version: str, more: dict[str, object], why: str
) -> None:
    play = in_canary()
    before = play.moves()
    assert play.ask(kind, version, **more) == [why]
    assert play.moves() == before


def test_an_approved_version_waits_for_who_is_in_canary() -> None:
    play = begun(replace(PLAN, approval=True))
    play.ask("ReleaseDecided", "v2", approved=True)
    play.see(*days(0, 1))
    play.offer("v3")
    assert play.ask("ReleaseDecided", "v3", approved=True) == ["v2 is in canary: promote it or roll it back first"]
    bad = [asked(1, partition, failed=300) for partition in (0, 1)]
    assert play.see(*bad) == ["v2 canary → rejected"]
    assert play.ask("ReleaseDecided", "v3", approved=True) == ["v3 accepted → shadow"]
