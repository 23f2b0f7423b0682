"""The states of model versions, folded from the moves that `models.history` holds."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.registry.domain.versions import IllegalMove, Versions
from tests.entries import Shelf, entries_of

CHAMPION = ("candidate", "champion")
REJECTED = ("candidate", "rejected")
RETIRED = ("champion", "retired")
RETURNED = ("retired", "champion")


LEFT = ("champion", "retired", "ann")


def move(version: str, states: tuple[str, ...]) -> Mapping[str, Any]:
    """By the registry, unless a third element says who."""
    start, end, by = (*states, "registry")[:3]
    proposed = {"version": version, "signature": b"\x00\xff"} if start == "candidate" else None
    told = {"version": version, "from_state": start, "to_state": end, "candidate": proposed, "by": by}
    return told | {"clock": 1, "share": 0.0, "awaits": "", "criteria": []}


def after(*moves: tuple[str, tuple[str, ...]]) -> Versions:
    versions = Versions()
    versions.apply([move(version, states) for version, states in moves])
    return versions


def champion_of(versions: Versions) -> str | None:
    return versions.champion.name if versions.champion else None


def previous_of(versions: Versions) -> str | None:
    previous = versions.previous()
    return previous.name if previous else None


def test_before_the_first_move_nobody_reigns() -> None:
    assert (champion_of(Versions()), previous_of(Versions())) == (None, None)


def test_the_last_promoted_version_is_champion_and_the_one_before_is_previous() -> None:
    versions = after(("v1", CHAMPION), ("v1", RETIRED), ("v2", CHAMPION), ("v3", REJECTED))
    assert (champion_of(versions), previous_of(versions)) == ("v2", "v1")
    states = {name: version.state for name, version in versions.known.items()}
    assert states == {"v1": "retired", "v2": "champion", "v3": "rejected"}


def test_a_first_champion_has_nobody_before_it() -> None:
    assert previous_of(after(("v1", REJECTED), ("v2", CHAMPION))) is None


RELEASED = (("v1", CHAMPION), ("v1", RETIRED), ("v2", CHAMPION), ("v2", RETIRED), ("v3", CHAMPION))


def test_each_rollback_goes_further_back() -> None:
    once = after(*RELEASED, ("v3", LEFT), ("v2", RETURNED))
    assert (champion_of(once), previous_of(once)) == ("v2", "v1")
    twice = after(*RELEASED, ("v3", LEFT), ("v2", RETURNED), ("v2", LEFT), ("v1", RETURNED))
    assert (champion_of(twice), previous_of(twice)) == ("v1", None)


def test_a_rollback_that_is_undone_by_name_changes_nothing() -> None:
    undone = after(*RELEASED, ("v3", LEFT), ("v2", RETURNED), ("v2", LEFT), ("v3", RETURNED))
    assert (champion_of(undone), previous_of(undone)) == ("v3", "v2")
    assert undone.reigns == after(*RELEASED).reigns


def test_what_is_released_after_a_rollback_replaces_the_version_that_returned() -> None:
    versions = after(*RELEASED, ("v3", LEFT), ("v2", RETURNED), ("v2", RETIRED), ("v4", CHAMPION))
    assert (champion_of(versions), previous_of(versions)) == ("v4", "v2")


def test_a_version_left_for_the_baseline_is_nobodys_previous() -> None:
    versions = after(*RELEASED, ("v3", LEFT), ("v4", CHAMPION))
    assert (champion_of(versions), previous_of(versions)) == ("v4", "v2")


@pytest.mark.parametrize("second", [("v2", CHAMPION), ("v0", RETURNED)])
def test_there_is_never_a_second_champion(second: tuple[str, tuple[str, str]]) -> None:
    versions = after(("v0", CHAMPION), ("v0", RETIRED), ("v1", CHAMPION))
    with pytest.raises(IllegalMove, match="but v1 is champion"):
        versions.apply([move(*second)])
    assert champion_of(versions) == "v1"


def test_refusals_are_counted_since_the_last_acceptance() -> None:
    refused = [("v1", REJECTED), ("v2", REJECTED)]
    assert after(*refused).refusals == 2
    assert after(*refused, ("v3", CHAMPION)).refusals == 0
    assert after(*refused, ("v3", CHAMPION), ("v4", REJECTED), ("v3", RETIRED)).refusals == 1


def test_every_move_is_counted() -> None:
    assert after(("v1", CHAMPION), ("v1", RETIRED), ("v2", REJECTED)).sequence == 3


def test_what_was_proposed_is_kept_when_a_later_move_does_not_repeat_it() -> None:
    versions = after(("v1", CHAMPION), ("v1", RETIRED), ("v1", RETURNED))
    assert versions.known["v1"].candidate == {"version": "v1", "signature": b"\x00\xff"}


@pytest.mark.parametrize(
    ("life", "illegal"),
    [
        ([], RETIRED),
        ([], RETURNED),
        ([], ("candidate", "retired")),
        ([CHAMPION], CHAMPION),
        ([CHAMPION], REJECTED),
        ([CHAMPION], ("champion", "rejected")),
        ([REJECTED], CHAMPION),
        ([REJECTED], ("rejected", "champion")),
        ([CHAMPION, RETIRED], CHAMPION),
        ([CHAMPION, RETIRED], RETIRED),
    ],
)
def test_a_move_that_a_life_does_not_have_is_an_error(life: list[tuple[str, str]], illegal: tuple[str, str]) -> None:
    versions = after(*[("v1", states) for states in life])
    before = versions.to_bytes()
    with pytest.raises(IllegalMove, match=f"v1: {illegal[0]} → {illegal[1]}, but it is"):
        versions.apply([move("v1", illegal)])
    assert versions.to_bytes() == before


def test_a_history_in_parts_leads_to_the_same_as_at_once() -> None:
    moves = [move("v1", CHAMPION), move("v1", RETIRED), move("v2", CHAMPION), move("v3", REJECTED)]
    parts = Versions()
    for one in moves:
        parts.apply([one])
    whole = Versions()
    whole.apply(moves)
    assert parts == whole


def test_a_snapshot_goes_on_as_the_versions_would_have() -> None:
    versions = after(("v1", CHAMPION), ("v1", RETIRED), ("v2", CHAMPION), ("v3", REJECTED))
    restored = Versions.load(Shelf(entries_of(versions)))
    assert restored == versions
    for each in (versions, restored):
        each.apply([move("v2", RETIRED), move("v1", RETURNED)])
    assert restored == versions
    assert Versions.load(Shelf()) == Versions()
