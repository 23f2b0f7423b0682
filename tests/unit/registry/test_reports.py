"""Windows put together from partitions' reports."""

from itertools import permutations
from typing import Any

import pytest

from services.registry.domain.measured import Measured, measured_of
from services.registry.domain.reports import Reports
from tests.unit.registry.play import DAY, asked, labelled, profile


def fact(told: dict[str, Any]) -> Measured:
    found = measured_of(told, "v2", None)
    assert found is not None
    return found


def after(*told: dict[str, Any], partitions: int = 2) -> Reports:
    reports = Reports()
    for one in map(fact, told):
        if reports.wants(one):
            reports.take(one, partitions)
    return reports


def windows(reports: Reports) -> list[tuple[int, int, int]]:
    """Day, day on which it was known, and events of each."""
    return [(one.start // DAY, one.known // DAY, one.all_pairs.rows) for one in reports.windows]


def test_a_window_is_whole_once_every_partition_has_reported_it() -> None:
    assert windows(after(asked(0, 0))) == []
    assert windows(after(asked(0, 0), asked(0, 1))) == [(0, 1, 1_000)]
    assert windows(after(asked(0, 0), asked(0, 1), partitions=3)) == []


def test_or_is_past_it() -> None:
    assert windows(after(asked(0, 0), asked(1, 1))) == [(0, 2, 500)]
    assert windows(after(asked(0, 0), profile("shadow", 0, 1, "", rows=0))) == [(0, 1, 500)]
    # which of both streams a partition reports first isn't known: the same window proves nothing
    assert windows(after(asked(0, 0), profile("scores", 0, 1, "v1"))) == []
    assert windows(after(asked(0, 0), profile("scores", 1, 1, "v1"))) == [(0, 2, 500)]


def test_where_the_version_is_asked_only_its_own_reports_count() -> None:
    assert windows(after(asked(0, 0), asked(0, 1), asked(1, 0), profile("scores", 2, 1, "v1"))) == [(0, 1, 1_000)]


def test_the_first_report_of_a_window_counts() -> None:
    once = after(asked(0, 0), asked(0, 0, rows=900), asked(0, 1), asked(0, 1, rows=900))
    assert windows(once) == [(0, 1, 1_000)]


def test_a_window_without_events_is_none() -> None:
    empty = [profile("shadow", 0, partition, "", rows=0) for partition in (0, 1)]
    assert windows(after(*empty, asked(1, 0), asked(1, 1))) == [(1, 2, 1_000)]


def test_labels_are_known_once_the_last_partition_has_closed_them() -> None:
    told = [labelled(0, 0, 0.1, after=2), labelled(0, 1, 0.1, after=5)]
    assert windows(after(*told)) == [(0, 6, 1_000)]
    # the other partition closed a later window only: it had been past this one since
    assert windows(after(labelled(0, 0, 0.1, after=2), labelled(1, 1, 0.1, after=7))) == [(0, 9, 500)]


SIDES = (
    [asked(0, 0), asked(1, 0), asked(3, 0)],
    [profile("scores", 0, 1, "v1"), asked(1, 1), profile("shadow", 2, 1, "", rows=0), asked(3, 1)],
)


def test_how_partitions_interleave_changes_nothing() -> None:
    found = set()
    for order in set(permutations([0, 0, 0, 1, 1, 1, 1])):
        sides = [iter(side) for side in SIDES]
        found.add(tuple(windows(after(*(next(sides[number]) for number in order)))))
    assert found == {((0, 2, 500), (1, 2, 1_000), (3, 4, 1_000))}


@pytest.mark.parametrize("at", range(6))
def test_a_snapshot_goes_on_as_the_reports_would_have(at: int) -> None:
    told = [asked(0, 0), profile("scores", 0, 1, "v1"), asked(1, 1), asked(1, 0), asked(2, 1), asked(2, 0)]
    first = after(*told[:at])
    parts, copied = Reports.from_plain(first.to_plain()), first.copy()
    assert parts == copied == first
    for one in map(fact, told[at:]):
        for reports in (parts, copied):
            if reports.wants(one):
                reports.take(one, 2)
    assert parts == copied == after(*told)
    assert first == after(*told[:at])
