import numpy as np

from services.contracts.skew import SkewCount
from services.lake.domain.difference import of_numbers, of_texts

NAN = float("nan")


def test_numbers_differ_missing_and_extra_by_feature() -> None:
    expected = np.array([[1, NAN, 3], [2, 5, NAN], [0, 6, 1e30]], np.float32)
    served = np.array([[1, NAN, 3], [3, NAN, 4], [0, 6, 1e30]], np.float32)
    assert of_numbers(["a", "b", "c"], expected, served) == [
        SkewCount("a", 3, 1, 0, 0),
        SkewCount("b", 3, 0, 1, 0),
        SkewCount("c", 3, 0, 0, 1),
    ]


def test_rounding_is_no_difference() -> None:
    expected = np.array([[0.1], [3e38], [0.0], [-0.0]], np.float32)
    served = np.array([[np.nextafter(np.float32(0.1), np.float32(1))], [3e38], [-0.0], [0.0]], np.float32)
    (count,) = of_numbers(["a"], expected, served)
    assert count.differing == 0
    (count,) = of_numbers(["a"], np.array([[0.0]], np.float32), np.array([[1e-30]], np.float32))
    assert count.mismatched == 1


def test_texts_likewise() -> None:
    expected, served = np.array([["x", ""], ["y", "z"]], object), np.array([["x", "w"], ["", "v"]], object)
    assert of_texts(["a", "b"], expected, served) == [SkewCount("a", 2, 0, 1, 0), SkewCount("b", 2, 1, 0, 1)]


def test_of_nothing_there_is_nothing() -> None:
    nothing = np.empty((0, 1), np.float32)
    assert of_numbers(["a"], nothing, nothing) == [SkewCount("a")]
    assert of_texts([], np.empty((0, 0), object), np.empty((0, 0), object)) == []
