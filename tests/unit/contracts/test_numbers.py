"""No model sees an infinite number."""

import numpy as np

from services.contracts.numbers import finite


def test_an_infinite_number_is_a_missing_one() -> None:
    given = np.array([[1.5, np.inf], [-np.inf, np.nan]], np.float32)
    found = finite(given)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array([[1.5, np.nan], [np.nan, np.nan]], np.float32))
    assert np.isinf(given).sum() == 2


def test_finite_numbers_are_not_even_copied() -> None:
    given = np.array([np.finfo(np.float32).max, np.nan, -0.0], np.float32)
    assert finite(given) is given
