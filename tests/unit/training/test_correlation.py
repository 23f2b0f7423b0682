import numpy as np
import pandas as pd
import pytest

from services.training.domain.correlation import correlations

CHANCE = np.random.default_rng(3)
ONE, OTHER = CHANCE.normal(size=(2, 5_000))
LABEL = (ONE > 0).astype(np.int8)
NUMBERS = pd.DataFrame({"one": ONE, "same": 2 * ONE + 1, "against": OTHER - ONE, "still": np.ones(5_000)})


def test_it_is_pearsons_with_the_label_and_among_numbers() -> None:
    of_label, pairs = correlations(NUMBERS, LABEL)
    assert list(of_label) == ["one", "same", "against"]
    assert of_label["one"] == pytest.approx(np.corrcoef(ONE, LABEL)[0, 1])
    assert [(pair.one, pair.other) for pair in pairs] == [("one", "same"), ("one", "against"), ("same", "against")]
    assert pairs[0].correlation == pytest.approx(1.0)
    assert pairs[1].correlation == pytest.approx(np.corrcoef(ONE, OTHER - ONE)[0, 1])


def test_rows_without_a_value_are_left_out_and_too_few_tell_nothing() -> None:
    gaps = NUMBERS.assign(
        one=np.where(np.arange(5_000) % 2, ONE, np.nan), same=np.where(np.arange(5_000) < 9, ONE, np.inf)
    )
    of_label, pairs = correlations(gaps, LABEL)
    assert of_label["one"] == pytest.approx(np.corrcoef(ONE[1::2], LABEL[1::2])[0, 1])
    assert "same" not in of_label
    assert {name for pair in pairs for name in pair[:2]} == {"one", "against"}


def test_of_many_rows_some_are_looked_at_and_none_is_no_error() -> None:
    many = pd.DataFrame({"one": np.tile(ONE, 10)})
    assert correlations(many, np.tile(LABEL, 10))[0]["one"] == pytest.approx(np.corrcoef(ONE, LABEL)[0, 1], abs=0.02)
    assert correlations(NUMBERS.iloc[:0], LABEL[:0]) == ({}, ())
    assert correlations(NUMBERS[[]], LABEL) == ({}, ())
