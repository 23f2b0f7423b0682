import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from services.contracts.histogram import Histogram
from services.contracts.psi import Grouping
from services.monitoring.domain.distance import chi_square, delta, evidence_of, jensen_shannon, kolmogorov_smirnov
from tests.unit.monitoring.story import numbers, words


def drawn(mean: float, seed: int, rows: int = 4000) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return np.random.default_rng(seed).normal(mean, 1.0, rows)


def histogram(values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Histogram:
    return Histogram.from_record(numbers("x", values))


def test_equal_samples_are_at_no_distance() -> None:
    same = histogram(drawn(0, 1))
    counts = Grouping.of(same).counts(same)
    assert jensen_shannon(counts, counts) == kolmogorov_smirnov(same, same) == chi_square(counts, counts)[0] == 0.0
    assert delta(same, same) == pytest.approx(0.0)


def test_samples_that_share_nothing_are_at_the_greatest() -> None:
    before, after = histogram(drawn(5, 1)), histogram(drawn(500, 2))
    assert kolmogorov_smirnov(before, after) == pytest.approx(1.0)
    assert delta(before, after) == pytest.approx(1.0)
    assert delta(after, before) == pytest.approx(-1.0)
    assert jensen_shannon(np.array([9.0, 0.0]), np.array([0.0, 4.0])) == pytest.approx(1.0)
    assert chi_square(np.array([9.0, 0.0]), np.array([0.0, 4.0]))[1] == pytest.approx(1.0)


def test_of_binned_numbers_the_greatest_difference_is_nearly_that_of_the_numbers() -> None:
    one, other = drawn(0, 1), drawn(0.5, 2)
    exact = ks_2samp(one, other).statistic
    assert exact - 0.02 <= kolmogorov_smirnov(histogram(one), histogram(other)) <= exact + 1e-9
    assert delta(histogram(one), histogram(other)) == pytest.approx(2 * 0.638 - 1, abs=0.05)


def test_pearson_s_statistic_is_the_usual_one_and_its_effect_is_free_of_the_rows() -> None:
    before, after = np.array([500.0, 300.0, 200.0]), np.array([400.0, 300.0, 300.0])
    wanted = chi2_contingency([before, after], correction=False).statistic
    value, effect = chi_square(before, after)
    assert value == pytest.approx(wanted)
    many, same = chi_square(10 * before, 10 * after)
    assert many == pytest.approx(10 * value)
    assert same == pytest.approx(effect)


def test_groups_that_nobody_is_in_and_samples_without_rows_are_no_error() -> None:
    nobody = np.zeros(2)
    assert chi_square(np.array([3.0, 0.0]), np.array([5.0, 0.0])) == (0.0, 0.0)
    assert chi_square(nobody, nobody) == chi_square(np.ones(2), nobody) == (0.0, 0.0)
    assert jensen_shannon(nobody, np.ones(2)) == 0.0


def test_each_field_gets_what_its_values_allow() -> None:
    number, category = histogram(drawn(0, 1)), Histogram.from_record(words("kind", ["a", "a", "b"]))
    told = {
        name: [one.statistic for one in evidence_of(Grouping.of(before), before, after)]
        for name, before, after in (
            ("number", number, number),
            ("category", category, category),
            ("gone", number, Histogram.empty()),
        )
    }
    assert told == {
        "number": ["jensen_shannon", "kolmogorov_smirnov"],
        "category": ["jensen_shannon", "chi_square"],
        "gone": ["jensen_shannon"],
    }
