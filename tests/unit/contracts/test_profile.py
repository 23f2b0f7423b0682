import math

import numpy as np
import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from services.contracts.profile import MAX_CATEGORIES, MAX_NAME, REST, FieldProfile

NUMBERS = st.lists(st.floats(), max_size=30)
CATEGORIES = st.lists(st.sampled_from(["a", "b", "c", "", None]), max_size=30)


def numbers_of(values: list[float], name: str = "amount") -> FieldProfile:
    profile = FieldProfile(name)
    profile.update_numbers(np.array(values))
    return profile


def categories_of(values: list[str | None]) -> FieldProfile:
    profile = FieldProfile("country")
    profile.update_categories(values)
    return profile


def test_summarises_numbers() -> None:
    profile = numbers_of([1.0, math.nan, 3.0, 0.0])
    assert (profile.count, profile.missing, profile.mean, profile.minimum, profile.maximum) == (3, 1, 4 / 3, 0.0, 3.0)
    assert sum(profile.bins.values()) == 3
    assert profile.bins[0] == 1


def test_summarises_scores_in_bins_of_a_two_hundredth() -> None:
    assert numbers_of([0.0, 0.5, 1.0], "score").bins == {0: 1, 100: 1, 199: 1}


def test_without_values_there_is_no_minimum() -> None:
    profile = numbers_of([math.nan])
    assert (profile.count, profile.mean, profile.m2, profile.minimum, profile.maximum) == (0, 0.0, 0.0, None, None)


def test_counts_categories_and_missing() -> None:
    profile = categories_of(["DE", "FR", None, "DE"])
    assert (profile.count, profile.missing, profile.categories) == (3, 1, {"DE": 2, "FR": 1})


def test_categories_after_the_first_two_hundred_are_counted_together() -> None:
    names = [f"c{n}" for n in range(MAX_CATEGORIES)]
    profile = categories_of([*names, "late", "later", "c0", "late"])
    assert profile.categories["c0"] == 2
    assert profile.categories[REST] == 3
    assert len(profile.categories) == MAX_CATEGORIES + 1


def test_long_categories_are_counted_together_so_that_a_profile_fits_into_a_record() -> None:
    profile = categories_of(["é" * 32, "é" * 32 + "x", "y" * 90_000, "DE"])
    assert profile.categories == {"é" * 32: 1, REST: 2, "DE": 1}
    longest = categories_of([f"{n:03}".ljust(MAX_NAME, "x") for n in range(2 * MAX_CATEGORIES)])
    assert len(orjson.dumps(longest.to_record())) < 20_000


@given(NUMBERS, st.integers(0, 30))
@example([0.0, -0.0], 1)
@example([-0.0, 0.0], 1)
def test_numbers_do_not_depend_on_batches(values: list[float], cut: int) -> None:
    parts = numbers_of(values[:cut])
    parts.update_numbers(np.array(values[cut:]))
    assert parts == numbers_of(values)
    # as text: two zeros are equal, and must not differ in their signs
    assert repr(parts.to_record()) == repr(numbers_of(values).to_record())


@given(CATEGORIES, st.integers(0, 30))
def test_categories_do_not_depend_on_batches(values: list[str | None], cut: int) -> None:
    parts = categories_of(values[:cut])
    parts.update_categories(values[cut:])
    assert parts == categories_of(values)
    assert list(parts.categories) == list(categories_of(values).categories)


@given(NUMBERS, NUMBERS)
def test_merging_equals_seeing_all(a: list[float], b: list[float]) -> None:
    merged = numbers_of(b)
    merged.merge(numbers_of(a))
    assert merged == numbers_of(a + b)


@given(NUMBERS, CATEGORIES)
def test_survives_record_and_snapshot(values: list[float], names: list[str | None]) -> None:
    profile = numbers_of(values)
    profile.update_categories(names)
    assert FieldProfile.from_record(profile.to_record()).to_record() == profile.to_record()
    assert FieldProfile.from_plain(profile.to_plain()) == profile
    copied = profile.copy()
    copied.update_numbers(np.array([1.0]))
    assert FieldProfile.from_plain(profile.to_plain()) == profile != copied


def test_moments_may_be_rounded_where_a_profile_has_all_at_once() -> None:
    values = np.random.default_rng(2).lognormal(3, 2, 300).astype(np.float32)
    values[7] = np.nan
    exact, rounded = FieldProfile("amount"), FieldProfile("amount")
    exact.update_numbers(values)
    rounded.update_numbers(values, exact=False)
    assert np.allclose([rounded.mean, rounded.m2], [exact.mean, exact.m2], rtol=1e-12)
    assert rounded.to_record() == exact.to_record() | {"mean": rounded.mean, "m2": rounded.m2}
