import numpy as np

from services.contracts.histogram import Histogram
from services.contracts.profile import FieldProfile
from tests.unit.monitoring.story import numbers, words


def plain(histogram: Histogram) -> tuple[list[int], list[int], dict[str, int], int]:
    return histogram.bins.tolist(), histogram.counts.tolist(), dict(histogram.categories), histogram.missing


def test_an_empty_histogram_has_no_rows() -> None:
    assert Histogram.empty().total == 0
    assert plain(Histogram.merged([])) == ([], [], {}, 0)


def test_rows_where_the_field_is_missing_count_in_the_total() -> None:
    assert Histogram.from_record(numbers("x", np.array([1.0, np.nan, 2.0, np.nan]))).total == 4
    held = Histogram.from_record(words("x", ["a", None, "a", "b"]))
    assert (held.total, held.missing, held.categories) == (4, 1, {"a": 2, "b": 1})


def test_bins_ascend_as_the_values_do() -> None:
    held = Histogram.from_record(numbers("x", np.array([1e6, -5.0, 0.0, 0.01, -1e-3, -5.0])))
    assert held.bins.tolist() == sorted(set(held.bins.tolist()))
    assert held.counts.tolist() == [2, 1, 1, 1, 1]


def test_merged_parts_are_the_histogram_of_all_their_rows() -> None:
    first, second = np.array([1.0, 2.0, np.nan]), np.array([2.0, 300.0, -4.0])
    whole = Histogram.from_record(numbers("x", np.concatenate([first, second])))
    parts = [Histogram.from_record(numbers("x", first)), Histogram.from_record(numbers("x", second))]
    assert plain(Histogram.merged(parts)) == plain(whole)


def test_merging_with_nothing_changes_nothing() -> None:
    held = Histogram.from_record(words("x", ["b", "a", None]))
    assert plain(Histogram.merged([Histogram.empty(), held, Histogram.empty()])) == plain(held)


def test_merging_leaves_its_parts_alone() -> None:
    part = Histogram.from_record(words("x", ["a"]))
    Histogram.merged([part, part])
    assert part.categories == {"a": 1}


def test_a_field_that_changed_its_kind_keeps_numbers_and_categories() -> None:
    mixed = FieldProfile("x")
    mixed.update_numbers(np.array([1.0, 1.0]))
    mixed.update_categories(["one"])
    held = Histogram.from_record(mixed.to_record())
    assert (held.counts.tolist(), held.categories, held.total) == ([2], {"one": 1}, 3)
