import pytest

from services.outcomes.domain.conflict import Conflict, Label
from tests.unit.outcomes.log import pipeline

PRIORITY = "{last_by: known_at, sources: [court, bank]}"


def test_it_is_what_the_file_says_and_the_last_without_a_word() -> None:
    found = [
        Conflict.of(pipeline(conflict=text).label) for text in ("", "last", "first", PRIORITY, "{last_by: known_at}")
    ]
    expected = [
        Conflict(),
        Conflict(),
        Conflict("first"),
        Conflict("priority", ("court", "bank")),
        Conflict("priority"),
    ]
    assert found == expected


def test_a_source_ranks_by_its_place_and_one_that_is_not_listed_last() -> None:
    conflict = Conflict("priority", ("court", "bank"))
    assert [conflict.rank({"source": name}) for name in ("court", "bank", "rumour", "", None)] == [2, 1, 0, 0, 0]


def test_without_sources_labels_need_not_tell_theirs() -> None:
    assert Conflict("priority").rank({}) == 0


def label(known_at: int, rank: int) -> Label:
    return Label(known_at, 1.0, "p", rank)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("last", [True, True, True, True, True]),
        ("first", [False, False, False, False, False]),
        ("priority", [False, True, False, True, True]),
    ],
)
def test_a_label_takes_the_place_of_one_that_stands_where_the_policy_says_so(by: str, expected: list[bool]) -> None:
    """Of lower rank, of higher, earlier of the same, later of the same, and of the same time and rank."""
    standing, coming = label(5, 1), [label(9, 0), label(1, 2), label(4, 1), label(6, 1), label(5, 1)]
    assert [Conflict(by).prefers(one, standing) for one in coming] == expected  # type: ignore[arg-type]


def test_the_same_is_said_again_where_truth_time_and_rank_are_the_same() -> None:
    said = Label(5, 1.0, "p", 1)
    others = [said._replace(key="q"), said._replace(known_at=6), said._replace(label=0.0), said._replace(rank=2)]
    assert [one.repeats(said) for one in others] == [True, False, False, False]
