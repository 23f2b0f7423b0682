"""What is told of a version in flight: how it agrees with the one beside it, and how right both are."""

from typing import Any

import numpy as np
import pytest

from services.contracts.pipeline.learning_task import MULTICLASS
from services.contracts.profile import profile_key
from services.outcomes.domain.pairs import Contest, Sides
from services.outcomes.domain.rows import LABEL, ROW, SCORE
from services.outcomes.step import OutcomesStep
from tests.unit.outcomes.log import DAY, Log, pipeline, run, values

Profile = dict[str, Any]


def told(log: Log, stream: str, step: OutcomesStep | None = None) -> list[Profile]:
    return values(run(log, step)[0], "ProfileClosed", stream=stream, slice="")


def sliced(log: Log, stream: str) -> list[Profile]:
    regions = [f"region={name}" for name in ("N", "north")]
    return [one for name in regions for one in values(run(log)[0], "ProfileClosed", stream=stream, slice=name)]


def places(profiles: list[Profile]) -> list[tuple[float, str, int]]:
    """Window start in days, version and rows of profiles."""
    return [(one["window_start"] / DAY, one["version"], one["rows"]) for one in profiles]


def four() -> Log:
    """Two answered by the champion, one by the challenger, one to which that has no answer."""
    log = Log().event("a", 0.1, 0.75, beside=("v2", 0.25)).event("b", 0.2, 0.25, beside=("v2", 0.125))
    log.event("c", 0.3, 0.5, "v2", beside=("m1", 0.25), arm="challenger")
    return log.event("d", 0.4, 0.75, beside=("v2", None))


def labelled(log: Log, **labels: float) -> Log:
    for event_id, label in labels.items():
        log.label(event_id, label, 0.9)
    return log


def test_a_shadow_is_told_when_its_window_ends() -> None:
    [profile] = told(four().tick(1), "shadow")
    assert {name: profile[name] for name in ("version", "rows", "up_to_seq", "partition", "closed_at")} == {
        "version": "v2",
        "rows": 4,
        "up_to_seq": 3,
        "partition": 1,
        "closed_at": DAY,
    }
    [field] = profile["fields"]
    assert (field["name"], field["count"], field["missing"], field["mean"]) == ("score", 3, 1, 0.875 / 3)
    [pair] = profile["pairs"]
    assert {name: count for name, count in pair.items() if count} == {
        "other": "m1",
        "rows": 4,
        "answered": 1,
        "failed": 1,
        "positives": 1,
        "other_positives": 2,
        "disagreements": 2,
    }


def test_pairs_are_judged_when_all_of_their_window_is_resolved() -> None:
    log = labelled(four(), a=1.0, b=0.0, d=1.0)
    assert told(log.tick(1), "paired") == []
    [profile] = told(labelled(log, c=0.0).tick(2), "paired")[:1]
    assert (profile["version"], profile["rows"], profile["fields"]) == ("v2", 3, [])
    assert profile["pairs"] == [
        {
            "other": "m1",
            "rows": 3,
            "answered": 1,
            "failed": 0,
            "positives": 1,
            "other_positives": 1,
            "disagreements": 2,
            "error": 0.75**2 + 0.125**2 + 0.5**2,
            "other_error": 0.25**2 + 0.25**2 + 0.25**2,
            "absolute": 0.0,
            "other_absolute": 0.0,
            "wrong": 2,
            "other_wrong": 0,
            "difference_squares": 0.5**2 + (0.0625 - 0.015625) ** 2 + (0.25 - 0.0625) ** 2,
        }
    ]


def test_what_is_not_labelled_is_not_judged() -> None:
    log = labelled(four(), a=1.0).tick(1).tick(2).tick(3)
    assert places(told(log, "paired")) == [(0.0, "v2", 1), (1.0, "v2", 0), (2.0, "v2", 0)]


def test_what_was_acted_on_is_left_out_and_what_was_explored_counts_for_it() -> None:
    step = OutcomesStep(pipeline(acted="{when: decision, label: censored, explore: 25%}"))
    log = Log().event("a", 0.1, 0.75, beside=("v2", 0.25)).event("x", 0.2, 0.75, explore=True, beside=("v2", 0.25))
    [profile] = told(labelled(log, a=1.0, x=1.0).tick(1), "paired", step)
    [pair] = profile["pairs"]
    assert (pair["rows"], pair["wrong"], pair["other_wrong"]) == (4, 4, 0)
    assert (pair["error"], pair["difference_squares"]) == (4 * 0.75**2, 4 * 0.5**2)


def test_each_other_version_has_its_sums_and_each_challenger_its_profile() -> None:
    log = Log().event("a", 0.1, 0.75, "m0", beside=("v2", 0.75)).event("b", 0.2, 0.75, beside=("v2", 0.75))
    log.event("c", 0.3, 0.75, beside=("v3", 0.75)).event("d", 0.4, 0.75)
    log.event("e", 0.5, 0.75, "m0", beside=("v2", 0.75)).event("f", 0.6, 0.75)
    profiles = told(log.tick(1), "shadow")
    assert [(one["version"], [pair["other"] for pair in one["pairs"]]) for one in profiles] == [
        ("v2", ["m0", "m1"]),
        ("v3", ["m1"]),
    ]
    assert [one["up_to_seq"] for one in profiles] == [4, 2]


def test_without_a_version_in_flight_nothing_is_told() -> None:
    log = labelled(Log().event("a", 0.1).event("b", 1.1), a=1.0, b=1.0).tick(5)
    assert told(log, "shadow") == told(log, "paired") == []


def test_windows_without_events_are_told_as_empty_while_one_is_in_flight() -> None:
    log = labelled(four(), a=1.0, b=0.0, c=0.0, d=0.0).tick(1).tick(2).tick(3)
    assert places(told(log, "shadow")) == [(0.0, "v2", 4), (1.0, "v2", 0), (2.0, "v2", 0)]
    assert places(told(log, "paired")) == [(0.0, "v2", 3), (1.0, "v2", 0), (2.0, "v2", 0)]
    assert [(one["fields"], one["pairs"], one["up_to_seq"]) for one in told(log, "shadow")[1:]] == [([], [], -1)] * 2
    log.event("e", 3.1).label("e", 0.0, 3.2).tick(6)
    assert places(told(log, "shadow"))[3:] == places(told(log, "paired"))[3:] == []


def test_a_late_event_and_a_correction_tell_their_window_again() -> None:
    log = labelled(four(), a=1.0, b=0.0, c=0.0, d=0.0).tick(1)
    log.event("late", 0.999, 0.75, beside=("v2", 0.75)).label("late", 1.0, 1.1).label("a", 0.0, 1.2)
    assert places(told(log.tick(2), "shadow")) == [(0.0, "v2", 4), (0.0, "v2", 5), (1.0, "v2", 0)]
    first, again, _ = told(log, "paired")
    assert (first["rows"], again["rows"]) == (3, 4)
    assert (first["pairs"][0]["other_wrong"], again["pairs"][0]["other_wrong"]) == (0, 1)


def test_pairs_of_a_window_are_told_before_its_scores_and_quality() -> None:
    outputs, _ = run(labelled(four(), a=1.0, b=0.0, c=0.0, d=0.0).tick(1))
    told = [one["stream"] for one in values(outputs, "ProfileClosed")]
    assert told == ["shadow", "scores", "scores", "paired", "quality", "quality"]


def test_nothing_is_remembered_of_windows_that_are_over() -> None:
    _, state = run(labelled(four(), a=1.0, b=0.0, c=0.0, d=0.0).tick(1).tick(2).event("e", 9.1).tick(30))
    assert (state.progress.flights.windows, state.progress.flights.challenger) == ({}, "")
    assert not state.shadowed


def in_regions() -> Log:
    """Two regions, of which one has two events and the champion answers all."""
    log = Log().event("a", 0.1, 0.75, beside=("v2", 0.25), region="N").event("b", 0.2, 0.25, beside=("v2", 0.125))
    return log.event("c", 0.3, 0.5, beside=("v2", 0.75), region="N")


def test_each_slice_has_its_sums_which_add_up_to_those_of_all() -> None:
    log = labelled(in_regions(), a=1.0, b=0.0, c=1.0).tick(1).tick(3)
    for stream in ("shadow", "paired"):
        whole, parts = told(log, stream)[0], sliced(log, stream)
        assert [(one["slice"], one["rows"], one["version"], one["fields"]) for one in parts] == [
            ("region=N", 2, "v2", []),
            ("region=north", 1, "v2", []),
        ]
        for name, count in whole["pairs"][0].items():
            if name != "other":
                assert sum(one["pairs"][0][name] for one in parts) == pytest.approx(count)
        assert len({profile_key(one) for one in [whole, *parts]}) == 3


def test_a_window_without_events_has_no_slices() -> None:
    log = labelled(in_regions(), a=1.0, b=0.0, c=0.0).tick(1).tick(2).tick(3)
    assert {one["window_start"] for one in sliced(log, "shadow")} == {0}


@pytest.mark.parametrize("score", [1e200, -1e200])
def test_sums_stay_finite_where_numbers_are_predicted(score: float) -> None:
    step = OutcomesStep(pipeline())
    object.__setattr__(step.policy, "kind", "regression")
    log = Log().event("a", 0.1, 1.0, beside=("v2", score)).label("a", 2.0, 0.9)
    [pair] = told(log.tick(1), "paired", step)[0]["pairs"]
    assert (pair["error"], pair["other_error"], pair["absolute"], pair["other_absolute"]) == (1e150, 1.0, 1e150, 1.0)
    assert pair["difference_squares"] == pytest.approx(1e300)
    assert (pair["wrong"], pair["positives"], pair["disagreements"]) == (
        0,
        1 if score > 0 else 0,
        1 if score < 0 else 0,
    )


def test_a_champion_is_one_whatever_its_policies_and_whoever_answered() -> None:
    log = Log().event("a", 0.1, 0.75, beside=("v2", 0.25)).event("b", 0.2, 0.25, policy="p2", beside=("v2", 0.125))
    log.event("c", 0.3, 0.5, "v2", beside=("m1", 0.25), arm="challenger", policy="p1")
    log.event("d", 0.4, 0.75, policy="p2", beside=("v2", None))
    agreed, plain = (told(one.tick(1), "shadow") for one in (log, four()))
    assert [one["pairs"] for one in agreed] == [one["pairs"] for one in plain]


def test_of_several_classes_being_wrong_is_the_loss_and_none_is_positive() -> None:
    """A score is the probability of the decided class alone: of a model that decides without a clue it is small."""
    mine, theirs = (np.zeros(3, ROW) for _ in range(2))
    for side, decisions, scores in ((mine, (1, 2, 3), 0.9), (theirs, (1, 1, 2), 0.2)):
        side["decision"], side["score"], side["label"] = decisions, scores, (0.0, 1.0, 1.0)
        side["present"], side["weight"] = SCORE | LABEL, 1
    contest = Contest(MULTICLASS)
    contest.update("m1", Sides(mine, theirs, np.zeros(3, np.bool_)))
    [pair] = contest.to_record()["pairs"]
    assert (pair["error"], pair["other_error"], pair["wrong"], pair["other_wrong"]) == (1.0, 1.0, 1, 1)
    assert (pair["positives"], pair["other_positives"], pair["disagreements"]) == (0, 0, 2)
    assert pair["difference_squares"] == 2.0
