"""What an alert is by now, from all that was told of it."""

from typing import Any

from services.contracts.alert_life import ACKNOWLEDGED, CLASSIFIED, CLEARED, RAISED, SILENCED, UPDATED, Lives, rank
from tests.unit.contracts.alerts import DAY, acknowledged, classified, cleared, raised, silenced, updated


def lives(*records: tuple[str, dict[str, Any]]) -> Lives:
    made = Lives()
    for kind, value in records:
        made.apply(kind, value)
    return made


def test_a_life_goes_from_open_over_acknowledged_to_its_end() -> None:
    steps = [(RAISED, raised("a")), (UPDATED, updated("a")), (ACKNOWLEDGED, acknowledged("a")), (CLEARED, cleared("a"))]
    seen = [(held := lives(*steps[:count]).alerts["a"]).state + " " + held.severity for count in range(1, 5)]
    assert seen == ["open warning", "open critical", "acknowledged critical", "recovered critical"]
    life = lives(*steps).alerts["a"]
    assert (life.newest["value"], life.clock, life.acknowledged_at) == (0.4, 110 * DAY, "critical")
    assert [end // DAY for end, _ in life.points] == [*range(80, 102), *range(107, 111)]


def test_a_repeat_changes_nothing() -> None:
    steps = [
        (RAISED, raised("a")),
        (UPDATED, updated("a")),
        (ACKNOWLEDGED, acknowledged("a")),
        (SILENCED, silenced()),
        (CLEARED, cleared("a")),
    ]
    once, twice = lives(*steps), lives(*(step for step in steps for _ in range(2)))
    assert once == twice
    assert lives(*steps, *steps) == once


def test_what_is_told_of_an_unknown_alert_is_nothing() -> None:
    assert lives((UPDATED, updated("a")), (CLEARED, cleared("a")), ("driftmill.Unheard", {})).alerts == {}


def test_alerts_of_a_cause_are_together_and_one_without_is_alone() -> None:
    held = lives((RAISED, raised("a")), (RAISED, raised("b", cause="a")), (RAISED, raised("c")))
    assert [(cause, [life.alert_id for life in group]) for cause, group in held.causes()] == [
        ("a", ["a", "b"]),
        ("c", ["c"]),
    ]


def test_a_silence_covers_its_kind_or_name_for_its_time_and_the_newest_of_a_subject_counts() -> None:
    held = lives((RAISED, raised("a")), (SILENCED, silenced(first=99, last=105)))
    life = held.alerts["a"]
    assert [held.silenced(life, day * DAY) is not None for day in (98, 99, 104, 105)] == [False, True, True, False]
    assert held.audible(life) == -1
    assert lives((RAISED, raised("a")), (SILENCED, silenced(name="mae"))).audible(life) == rank("warning")
    assert lives((RAISED, raised("a")), (SILENCED, silenced("inputs"))).audible(life) == rank("warning")
    ended = lives((RAISED, raised("a")), (SILENCED, silenced()), (SILENCED, silenced(first=100, last=100)))
    assert ended.silenced(life, 100 * DAY) is None


def test_after_a_silence_what_is_told_then_is_heard() -> None:
    held = lives((RAISED, raised("a")), (SILENCED, silenced(last=101)), (UPDATED, updated("a")))
    assert held.audible(held.alerts["a"]) == rank("critical")


def test_one_that_was_taken_on_is_heard_again_only_when_it_is_worse() -> None:
    held = lives((RAISED, raised("a")), (ACKNOWLEDGED, acknowledged("a")))
    assert held.audible(held.alerts["a"]) == -1
    held.apply(UPDATED, updated("a", severity="warning"))
    assert held.audible(held.alerts["a"]) == -1
    held.apply(UPDATED, updated("a", 2))
    assert held.audible(held.alerts["a"]) == rank("critical")


def test_of_its_drift_the_latest_that_was_told_holds_also_when_it_is_over() -> None:
    virtual, both = (CLASSIFIED, classified("a", "virtual", 103)), (CLASSIFIED, classified("a", "both", 106))
    assert lives((RAISED, raised("a", drift="unknown"))).alerts["a"].drift == "unknown"
    for steps in ([virtual, both], [both, virtual, both], [(CLEARED, cleared("a", 104)), virtual, both]):
        assert lives((RAISED, raised("a", drift="unknown")), *steps).alerts["a"].drift == "both"
