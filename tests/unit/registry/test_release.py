"""A release from acceptance to champion, or back: a list of profiles in, moves out."""

import random
from dataclasses import replace

import pytest

from services.registry.domain.plan import Plan
from tests.entries import Shelf, entries_of
from tests.unit.registry.play import (
    CONFIRMED,
    DAY,
    PLAN,
    STEPS,
    Play,
    asked,
    begun,
    days,
    history,
    labelled,
    profile,
    scores,
)

HAPPY = [
    "v2 shadow → canary 5%",
    "v2 canary → canary 25%",
    "v2 canary → canary 100%",
    "v1 champion → retired",
    "v2 canary → champion",
]


def played(plan: Plan = PLAN) -> Play:
    play = begun(plan)
    assert play.moves()[-1]["to_state"] == "shadow"
    return play


def test_a_version_goes_through_shadow_and_canary_to_champion() -> None:
    play = played()
    assert play.viewed("challenger") == ("v2", "shadow", 0.0)
    made = [play.see(asked(day, 0, share), asked(day, 1, share)) for day, share in enumerate((0.0, 0.05, 0.25, 1.0))]
    assert made == [[HAPPY[0]], [HAPPY[1]], [HAPPY[2]], HAPPY[3:]]
    assert play.viewed("champion") == ("v2", "champion", 0.0)
    assert play.viewed("challenger") is None
    assert play.state.flight is None


def test_each_step_tells_inference_the_share_and_people_the_numbers() -> None:
    play = played()
    play.see(asked(0, 0), asked(0, 1))
    assert play.viewed("challenger") == ("v2", "canary", 0.05)
    assert play.viewed("champion") == ("v1", "champion", 0.0)
    move = play.moves()[-1]
    assert (move["clock"], move["by"], move["reason"]) == (DAY, "registry", "shadow went well: canary at 5% begins")
    told = {one["name"]: (one["passed"], one["value"], one["rows"]) for one in move["criteria"]}
    assert told["1,000 events in shadow"] == (True, 1_000.0, 1_000)
    assert told["errors"] == (True, 0.0, 1_000)
    assert told["disagreement"] == (True, 0.04, 1_000)
    (audit,) = [one.value for one in play.written if one.topic == "audit"][-1:]
    assert audit is not None
    assert (audit["action"], audit["subject"]) == ("shadow → canary", "v2")
    assert "score_shift" in audit["evidence"]


def test_a_step_waits_for_its_time_and_for_its_events() -> None:
    play = played(replace(PLAN, stages=(replace(PLAN.stages[0], lasts=2 * DAY), *STEPS)))
    assert play.see(asked(0, 0), asked(0, 1)) == []
    assert play.see(asked(1, 0), asked(1, 1)) == [HAPPY[0]]
    few = played()
    assert few.see(asked(0, 0, rows=400), asked(0, 1, rows=400)) == []
    assert few.see(asked(1, 0, rows=400), asked(1, 1, rows=400)) == [HAPPY[0]]
    # none of its entities came: it answered nothing
    assert few.see(asked(2, 0, answered=0), asked(2, 1, answered=20)) == []
    assert few.see(asked(3, 0, answered=30), asked(3, 1, answered=0)) == [HAPPY[1]]


def test_missing_data_never_promotes() -> None:
    play = played()
    assert play.see(asked(0, 0)) == []
    # the second partition is past the window only once it says so
    assert play.see(profile("scores", 0, 1, "v1")) == []
    assert play.see(profile("scores", 1, 1, "v1")) == []
    assert play.see(asked(2, 0), asked(2, 1), asked(3, 1), asked(3, 0))[:1] == [HAPPY[0]]


def test_scores_that_nobody_told_of_hold_it() -> None:
    play = played()
    untold = [asked(day, partition) | {"fields": []} for day in range(3) for partition in (0, 1)]
    assert play.see(*untold) == []
    assert play.see(asked(3, 0), asked(3, 1)) == [HAPPY[0]]


BROKEN = [
    (lambda p: asked(0, p, failed=60), "errors: is broken, 0.1200"),
    (lambda p: asked(0, p) | {"fields": [scores({199: 500})]}, "score_shift: is broken"),
    (lambda p: asked(0, p, positives=200), "decision_rate: is broken, 0.4000"),
    (lambda p: asked(0, p, positives=0), "decision_rate: is broken, 0.0000"),
    (lambda p: asked(0, p, disagreements=250), "disagreement: is broken, 0.5000"),
]


@pytest.mark.parametrize(("bad", "why"), BROKEN)
def test_a_broken_guard_rolls_back_within_a_window(bad: object, why: str) -> None:
    assert callable(bad)
    play = played()
    assert play.see(bad(0), bad(1)) == ["v2 shadow → rejected"]
    move = play.moves()[-1]
    assert move["reason"].startswith(f"rolled back: {why}")
    assert [one["name"] for one in move["criteria"] if not one["passed"] and one["value"] is not None]
    assert play.viewed("challenger") is None
    assert play.viewed("champion") == ("v1", "champion", 0.0)


def test_a_canary_that_goes_bad_is_rolled_back_in_its_first_bad_window() -> None:
    play = played()
    play.see(*days(0, 1), asked(1, 0, 0.05), asked(1, 1, 0.05))
    assert play.viewed("challenger") == ("v2", "canary", 0.25)
    assert play.see(asked(2, 0, 0.25, failed=100), asked(2, 1, 0.25, failed=100)) == ["v2 canary → rejected"]
    assert play.see(*days(3, 9)) == []


def test_windows_that_are_whole_at_once_are_judged_one_after_the_other() -> None:
    play = played()
    assert play.see(asked(0, 0), asked(1, 0, failed=400), asked(2, 0)) == []
    # the other partition has no traffic, and tells only now how far it is
    made = play.see(profile("scores", 9, 1, "", rows=0))
    assert made == ["v2 shadow → rejected"]
    assert play.moves()[-1]["clock"] == 2 * DAY


def test_a_version_rolled_back_does_not_come_back_by_itself() -> None:
    play = played()
    play.see(asked(0, 0, failed=100), asked(0, 1, failed=100))
    assert play.offer("v2") == []
    assert play.offer("v3", digest="digest of v2") == ["v3 candidate → rejected"]
    assert play.moves()[-1]["reason"] == "its file is that of v2, which was rolled back"
    assert play.ask("MoveRequested", "v2", to_state="champion") == ["it is rejected: only a run can offer it anew"]
    assert play.offer("v4") == ["v4 candidate → shadow"]


def test_without_shadow_it_begins_in_canary_and_without_canary_it_ends_in_shadow() -> None:
    canary = begun(replace(PLAN, stages=STEPS))
    assert canary.moves()[-1]["share"] == 0.05
    assert canary.viewed("challenger") == ("v2", "canary", 0.05)
    shadow = begun(replace(PLAN, stages=PLAN.stages[:1]))
    assert shadow.see(*days(0, 1)) == ["v1 champion → retired", "v2 shadow → champion"]


def test_with_no_champion_the_baseline_is_beside_it() -> None:
    play = Play(replace(CONFIRMED, stages=PLAN.stages[:1]))
    assert play.offer("v1") == ["v1 candidate → shadow"]
    flight = play.state.flight
    assert flight is not None
    assert flight.against == "baseline"
    told = [asked(day, p, version="v1", other="baseline") for day in range(16) for p in (0, 1)]
    told += [labelled(day, p, 0.3, 0, version="v1", other="baseline") for day in range(14) for p in (0, 1)]
    told.sort(key=lambda one: one["closed_at"])
    assert play.see(*told)[:1] == ["v1 shadow → champion"]


def test_labels_promote_what_is_better_and_only_after_the_last_step() -> None:
    play = played(CONFIRMED)
    made = play.see(*days(0, 40, gain=0.2))
    assert made == HAPPY
    move = play.moves()[-1]
    assert move["criteria"][-1]["name"] == "loss below that of v1 by labels"
    assert move["criteria"][-1]["low"] > 0
    assert move["clock"] >= 13 * DAY


def test_labels_roll_back_what_is_worse_at_any_time() -> None:
    play = played(replace(CONFIRMED, stages=(replace(PLAN.stages[0], at_least=10**9), *STEPS)))
    assert play.see(*days(0, 40, gain=-0.3)) == ["v2 shadow → rejected"]
    assert "fails, it is worse" in play.moves()[-1]["reason"]


@pytest.mark.parametrize(("keeps", "last"), [(False, "v2 canary → rejected"), (True, "v2 canary → champion")])
def test_what_labels_do_not_tell_in_time_ends_as_the_file_says(keeps: bool, last: str) -> None:
    assert CONFIRMED.confirmation is not None
    play = played(replace(CONFIRMED, confirmation=replace(CONFIRMED.confirmation, keeps=keeps, within=20 * DAY)))
    made = play.see(*days(0, 60, gain=0.0))
    assert (made[:3], made[-1]) == (HAPPY[:3], last)
    assert play.moves()[-1]["clock"] == 23 * DAY


def interleaved(told: list[dict[str, object]], seed: int) -> list[dict[str, object]]:
    """Another order of the same, in which each partition's own stays."""
    rng, sides = random.Random(seed), [[one for one in told if one["partition"] == p] for p in (0, 1)]
    mixed = []
    while any(sides):
        side = rng.choice([side for side in sides if side])
        mixed.append(side.pop(0))
    return mixed


@pytest.mark.parametrize("seed", range(5))
def test_how_partitions_interleave_changes_nothing(seed: int) -> None:
    rng = random.Random(99)
    told = [
        one | {"pairs": [one["pairs"][0] | {"error": one["pairs"][0]["error"] * rng.uniform(0.9, 1.1)}]}
        for one in days(0, 40, gain=0.2)
    ]
    one, other = played(CONFIRMED), played(CONFIRMED)
    one.see(*told)
    other.see(*interleaved(told, seed))
    assert len(one.moves()) > 6
    assert other.moves() == one.moves()


@pytest.mark.parametrize("at", [0, 3, 17, 40, 81])
def test_a_restart_in_mid_flight_leads_to_the_same(at: int) -> None:
    told, whole = days(0, 40, gain=0.2), played(CONFIRMED)
    whole.see(*told)
    for how in ("snapshot", "replay"):
        parts = played(CONFIRMED)
        parts.see(*told[:at])
        if how == "snapshot":
            parts.state = parts.step.load_state(0, Shelf(entries_of(parts.state)))
        else:
            rebuilt = parts.step.new_state(0)
            parts.step.fold(rebuilt, history(parts.written))
            assert rebuilt == parts.state
            parts.state = rebuilt
        parts.see(*told[at:])
        assert parts.moves() == whole.moves()


def test_profiles_that_come_again_change_nothing() -> None:
    once, twice = played(CONFIRMED), played(CONFIRMED)
    told = days(0, 20, gain=0.2)
    once.see(*told)
    twice.see(*(one for one in told for _ in range(2)))
    assert twice.moves() == once.moves()
    assert history(twice.written) == history(once.written)


def test_one_is_in_flight_a_newer_one_replaces_it_in_shadow_and_waits_for_it_in_canary() -> None:
    play = played()
    assert play.offer("v3") == ["v2 shadow → rejected", "v3 candidate → shadow"]
    assert play.viewed("challenger") == ("v3", "shadow", 0.0)
    play.see(asked(0, 0, version="v3"), asked(0, 1, version="v3"))
    assert play.offer("v4") == ["v4 candidate → accepted"]
    assert play.moves()[-1]["awaits"] == "canary"
    assert play.offer("v5") == ["v4 accepted → rejected", "v5 candidate → accepted"]
    bad = [asked(1, partition, version="v3", failed=200) for partition in (0, 1)]
    assert play.see(*bad) == ["v3 canary → rejected", "v5 accepted → shadow"]
    assert play.viewed("challenger") == ("v5", "shadow", 0.0)


def test_what_a_newer_one_replaced_may_be_offered_again() -> None:
    play = played()
    play.offer("v3")
    assert play.offer("v4", digest="digest of v2") == ["v3 shadow → rejected", "v4 candidate → shadow"]


def test_where_approval_is_asked_for_the_way_begins_with_it() -> None:
    play = Play(replace(PLAN, approval=True))
    assert play.offer("v1") == ["v1 candidate → accepted"]
    assert play.moves()[-1]["awaits"] == "approval"
    assert play.see(*days(0, 3)) == []
    assert play.ask("ReleaseDecided", "v1", approved=True) == ["v1 accepted → shadow"]
    assert play.moves()[-1]["by"] == "ann"


def test_without_stages_what_is_in_flight_is_replaced_by_what_is_released() -> None:
    play = played()
    play.step._plan = Plan()
    assert play.see(*days(0, 3)) == []
    assert play.offer("v3") == ["v2 shadow → rejected", "v1 champion → retired", "v3 candidate → champion"]


def test_another_policy_of_the_champion_gives_no_alpha_back() -> None:
    play = played(CONFIRMED)
    play.offer("v3")
    flight = play.state.flight
    assert flight is not None
    before = flight.attempt
    assert play.offer("v1.p2") == ["v1 champion → retired", "v1.p2 candidate → champion"]
    flight = play.state.flight
    assert flight is not None
    assert flight.against == "v1"
    assert flight.attempt > before > 1
