from collections.abc import Sequence

import numpy as np
import pytest

from services.contracts.histogram import Histogram
from services.contracts.profile import FieldProfile
from services.contracts.psi import Grouping, apart_in, index_between, indices_within


def of_numbers(values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Histogram:
    profile = FieldProfile("x")
    profile.update_numbers(values)
    return Histogram.from_record(profile.to_record())


def of_words(values: Sequence[str | None]) -> Histogram:
    profile = FieldProfile("x")
    profile.update_categories(values)
    return Histogram.from_record(profile.to_record())


RNG = np.random.default_rng(7)


def test_samples_of_one_population_give_about_nothing_whatever_their_size() -> None:
    reference = of_numbers(RNG.normal(size=5000))
    values = [
        index_between(reference, of_numbers(RNG.normal(size=size))) for size in (50, 200, 1000) for _ in range(50)
    ]
    assert abs(np.mean(values)) < 0.02


def test_a_shift_is_large() -> None:
    assert index_between(of_numbers(RNG.normal(size=5000)), of_numbers(RNG.normal(1.0, size=1000))) > 0.5


def test_a_shift_by_one_deviation_has_its_textbook_value() -> None:
    # for two normals the index of ever finer groups is the symmetric Kullback-Leibler divergence: shift squared
    found = index_between(of_numbers(RNG.normal(size=100_000)), of_numbers(RNG.normal(0.5, size=100_000)))
    assert found == pytest.approx(0.25, abs=0.03)


def test_a_constant_reference_survives_and_shows_when_the_field_moves() -> None:
    constant = of_numbers(np.full(1000, 0.003))
    assert index_between(constant, constant) == 0.0
    assert index_between(constant, of_numbers(RNG.normal(0.003, 0.001, 300))) > 1.0


def test_a_missing_share_that_rises_counts() -> None:
    full = of_numbers(RNG.normal(size=2000))
    holed = of_numbers(np.where(RNG.random(2000) < 0.3, np.nan, RNG.normal(size=2000)))
    assert index_between(full, holed) > 0.25


def test_categories_never_seen_before_count_together() -> None:
    reference = of_words(["a"] * 800 + ["b"] * 200)
    assert index_between(reference, of_words(["a"] * 80 + ["b"] * 20)) < 0.02
    assert index_between(reference, of_words(["a"] * 60 + ["b"] * 20 + ["c", "d"] * 10)) > 0.25


def test_a_field_without_any_value_gives_nothing() -> None:
    assert index_between(Histogram.empty(), of_numbers(RNG.normal(size=10))) == 0.0
    assert index_between(of_numbers(RNG.normal(size=10)), Histogram.empty()) == 0.0


def test_merging_is_the_same_in_any_order() -> None:
    parts = [of_words(["a", None, "b"]), of_numbers(RNG.normal(size=50)), of_words(["b", "c"]), of_numbers(np.zeros(3))]
    one, other = Histogram.merged(parts), Histogram.merged(parts[::-1])
    assert one.bins.tolist() == other.bins.tolist()
    assert one.counts.tolist() == other.counts.tolist()
    assert (one.categories, one.missing, one.total) == (other.categories, other.missing, 58)


def test_windows_of_a_reference_are_compared_with_the_rest_of_it() -> None:
    windows = [of_numbers(RNG.normal(size=300)) for _ in range(6)] + [of_numbers(RNG.normal(3.0, size=300))]
    grouping = Grouping.of(Histogram.merged(windows))
    values = indices_within([grouping.counts(window) for window in windows])
    assert values.argmax() == 6
    assert values[:6].max() < 1.0 < values[6]


def test_windows_that_tell_of_the_same_past_are_not_compared_with_each_other() -> None:
    assert [apart_in(windows, overlap) for windows, overlap in ((3, 7), (14, 0), (14, 7), (28, 7))] == [0, 1, 4, 7]
    steps = [of_numbers(np.full(200, float(place // 7))) for place in range(28)]
    counts = [Grouping.of(Histogram.merged(steps)).counts(window) for window in steps]
    assert indices_within(counts, 7).min() > 2 * indices_within(counts).min()
