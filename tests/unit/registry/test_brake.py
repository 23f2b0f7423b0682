"""How many releases a day may have, and models that take turns."""

from dataclasses import replace

import pytest

from services.registry.domain.brake import DAY, is_full, oscillates
from services.registry.domain.plan import Plan
from tests.unit.registry.play import PLAN, Play, asked, profile


def test_a_day_is_full_once_it_had_its_releases() -> None:
    released = [3 * DAY, 4 * DAY, 4 * DAY + 7, 5 * DAY - 1]
    assert is_full(released, 4 * DAY + 9, 3)
    assert not is_full(released, 4 * DAY + 9, 4)
    assert not is_full(released, 5 * DAY, 1)
    assert not is_full(released, 4 * DAY, None)


@pytest.mark.parametrize(
    ("before", "next_", "found"),
    [("aba", "b", True), ("caba", "b", True), ("aba", "c", False), ("aab", "a", False), ("ba", "b", False)],
)
def test_two_that_take_turns_twice_oscillate(before: str, next_: str, found: bool) -> None:
    assert oscillates(before, next_) is found


def test_one_that_returns_again_and_again_does_not() -> None:
    assert not oscillates("aaa", "a")


def test_a_day_has_so_many_releases() -> None:
    play = Play(Plan(per_day=2))
    assert [play.offer(f"v{number}", clock=5 * DAY + number)[-1] for number in (1, 2, 3)] == [
        "v1 candidate → champion",
        "v2 candidate → champion",
        "v3 candidate → accepted",
    ]
    assert play.moves()[-1]["awaits"] == "day"
    # the same day goes on, then another begins
    assert play.see(profile("scores", 4, 0, "v2", closed_at=6 * DAY - 1)) == []
    assert play.see(profile("scores", 5, 0, "v2")) == ["v2 champion → retired", "v3 accepted → champion"]
    assert play.moves()[-1]["clock"] == 6 * DAY
    assert play.offer("v4", clock=6 * DAY + 1) == ["v3 champion → retired", "v4 candidate → champion"]


def test_in_flight_it_waits_for_another_day() -> None:
    play = Play(replace(PLAN, stages=PLAN.stages[:1], per_day=1))
    play.offer("v1")
    play.see(*(asked(0, p, version="v1", other="baseline") for p in (0, 1)))
    play.offer("v2", clock=DAY)
    assert play.see(*(asked(1, p, closed_at=DAY + 1) | {"window_end": DAY + 1} for p in (0, 1))) == []
    assert play.see(*(asked(2, p) for p in (0, 1))) == ["v1 champion → retired", "v2 shadow → champion"]


def test_two_models_that_take_turns_are_stopped_and_it_is_audited() -> None:
    play = Play(Plan())
    for number, digest in enumerate("aba", 1):
        assert play.offer(f"v{number}", digest=digest)[-1].endswith("champion")
    assert play.offer("v4", digest="b") == ["v4 candidate → rejected"]
    (audit,) = [one.value for one in play.written if one.topic == "audit"][-1:]
    assert audit is not None
    assert (audit["subject"], audit["reason"]) == ("v4", "two models would take turns as champion")
    assert play.offer("v5", digest="c")[-1] == "v5 candidate → champion"
