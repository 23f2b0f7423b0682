"""Sums over pairs of answers."""

from services.registry.domain.pairs import NO_PAIRS, Pairs, by_other, total
from tests.unit.registry.play import pair


def test_sums_add_up() -> None:
    one, two = Pairs.from_record(pair(rows=3, error=0.5)), Pairs.from_record(pair(rows=4, error=0.25))
    both = total((one, two))
    assert (both.rows, both.error, both.positives) == (7, 0.75, 100)
    assert total(()) == NO_PAIRS


def test_they_are_told_apart_by_who_was_beside() -> None:
    found = by_other([pair(other="v1", rows=3), pair(other="baseline", rows=4)])
    assert {other: one.rows for other, one in found.items()} == {"v1": 3, "baseline": 4}
