import numpy as np
import pytest
from scipy.stats import spearmanr

from services.contracts.rank_correlation import RankCorrelation

RNG = np.random.default_rng(4)


def rows(count: int = 200) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Heavy tails, ties, and what goes together."""
    first = RNG.standard_cauchy(count)
    return np.stack([first, np.round(first + RNG.normal(size=count)), RNG.integers(0, 3, count)], axis=1)


def test_coefficients_are_spearmans() -> None:
    values = rows()
    found = RankCorrelation.of(("a", "b", "c"), values)
    wanted = spearmanr(values).statistic[np.triu_indices(3, 1)]
    assert found.coefficients == pytest.approx(wanted)
    assert found.rows.tolist() == [200] * 3


def test_neither_units_nor_tails_nor_the_order_of_rows_show() -> None:
    values = rows()
    other = np.stack([np.arctan(values[:, 0]), 1000 * values[:, 1] - 5, np.exp(values[:, 2])], axis=1)
    one, same = RankCorrelation.of("abc", values), RankCorrelation.of("abc", other[::-1])
    assert one.products.tolist() == same.products.tolist()


def test_a_pair_is_of_the_rows_that_have_both_and_a_constant_tells_nothing() -> None:
    values = rows(100)
    values[:30, 0] = np.nan
    values[60:, 1] = np.nan
    values[:, 2] = 7.0
    found = RankCorrelation.of("abc", values)
    assert found.rows.tolist() == [30, 0, 0]
    assert found.coefficients[1:].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("count", [0, 1])
def test_next_to_no_rows_tell_nothing(count: int) -> None:
    found = RankCorrelation.of("ab", np.ones((count, 2)))
    assert (found.rows.tolist(), found.coefficients.tolist()) == ([0], [0.0])


def test_parts_add_up_and_survive_the_record() -> None:
    parts = [RankCorrelation.of("abc", rows(count)) for count in (50, 80, 3)]
    whole = RankCorrelation.merged([RankCorrelation.from_record(part.to_record()) for part in parts])
    assert whole.rows.tolist() == [133] * 3
    assert whole.products.tolist() == np.sum([part.products for part in parts], axis=0).tolist()
    assert whole.names == ("a", "b", "c")
