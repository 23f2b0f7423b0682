"""Moves, and a course of them."""

from services.registry.domain.move import Course, base, crowned, left, moved
from services.registry.domain.plan import Plan
from services.registry.domain.versions import Version, Versions
from tests.unit.registry.play import DAY, begun

VERSION = Version("v2", "canary", {"clock": 5 * DAY, "run_id": "r", "model_digest": "d"})


def test_a_move_says_whose_it_is_and_when() -> None:
    move = moved(VERSION, "rejected", base(VERSION, "ann", 7 * DAY), "seen")
    assert (move["version"], move["from_state"], move["to_state"], move["reason"]) == (
        "v2",
        "canary",
        "rejected",
        "seen",
    )
    assert (move["clock"], move["run_id"], move["by"]) == (7 * DAY, "r", "ann")


def test_the_clock_never_lies_before_that_of_the_run() -> None:
    assert base(VERSION, "ann")["clock"] == base(VERSION, "ann", 3 * DAY)["clock"] == 5 * DAY


def test_nobody_leaves_where_nobody_is() -> None:
    assert left(None, "retired", base(VERSION, "ann"), "") == []


def test_who_is_crowned_replaces_the_champion_and_keeps_no_share() -> None:
    play = begun(Plan())
    own = moved(Version("v3", "canary", {}), "canary", base(VERSION, "ann"), "better", share=0.25)
    retired, made = crowned(play.state, own, base(VERSION, "registry"))
    assert (retired["version"], retired["to_state"], retired["reason"]) == ("v2", "retired", "replaced by v3")
    assert (made["to_state"], made["share"], made["by"]) == ("champion", 0.0, "ann")


def test_a_course_leaves_the_state_it_begins_with() -> None:
    state = Versions()
    course = Course(state)
    own = moved(Version("v1", "candidate", {}), "champion", base(VERSION, "registry"), "good")
    course.take([own])
    assert course.state.champion is not None
    assert course.facts == [own]
    assert state == Versions()
