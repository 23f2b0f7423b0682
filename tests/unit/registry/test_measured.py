"""Which profiles are about the version in flight, and what is kept of them."""

from services.contracts.pipeline.learning_task import BINARY
from services.registry.domain.measured import measured_of
from services.registry.domain.score_groups import ScoreGroups
from tests.unit.registry.play import DAY, MEASURED, asked, labelled, profile

GROUPS = ScoreGroups.of(MEASURED, BINARY)


def test_answers_are_kept_by_groups_of_scores() -> None:
    found = measured_of(asked(3, 1), "v2", GROUPS)
    assert found is not None
    assert (found["version"], found["stream"], found["partition"]) == ("v2", "shadow", 1)
    assert (found["window_start"], found["window_end"], found["closed_at"]) == (3 * DAY, 4 * DAY, 4 * DAY)
    assert found["scores"] == [50] * 10
    assert found["pairs"] == asked(3, 1)["pairs"]


def test_labels_are_kept_without_scores() -> None:
    found = measured_of(labelled(3, 1, 0.2), "v2", GROUPS)
    assert found is not None
    assert (found["stream"], found["scores"], found["closed_at"]) == ("paired", [], 7 * DAY)


def test_of_all_answers_only_how_far_the_partition_is() -> None:
    found = measured_of(profile("quality", 3, 0, "v1"), "v2", GROUPS)
    assert found is not None
    assert (found["stream"], found["version"], found["pairs"]) == ("quality", "v2", [])
    empty = measured_of(profile("shadow", 3, 0, "", rows=0), "v2", GROUPS)
    assert empty is not None
    assert (empty["pairs"], empty["scores"]) == ([], [])


def test_a_profile_without_a_clock_was_closed_with_its_window() -> None:
    found = measured_of(asked(3, 1) | {"closed_at": 0}, "v2", GROUPS)
    assert found is not None
    assert found["closed_at"] == 4 * DAY


def test_nothing_else_is_about_it() -> None:
    others = [
        asked(3, 1, version="v9"),
        profile("inputs", 3, 1, ""),
        asked(3, 1) | {"slice": "country=NO"},
        profile("scores", 3, 1, "v1", slice="country=NO"),
    ]
    assert [measured_of(one, "v2", GROUPS) for one in others] == [None] * 4
