"""Rows whose scores are known, as columns."""

import numpy as np
import pytest

from services.contracts.golden_feed import GoldenFeed

FEED = GoldenFeed(["a", "b"], ["c"], [[0.5, None], [1.5, 2.0], [2.5, 3.0]], [["x"], ["y"], ["z"]])


def test_columns_have_the_types_and_shapes_of_inputs() -> None:
    found = FEED.of(np.arange(3))
    assert {name: (column.shape, column.dtype.kind) for name, column in found.items()} == {
        "a": ((3, 1), "f"),
        "b": ((3, 1), "f"),
        "c": ((3, 1), "O"),
    }
    assert found["a"].dtype == np.float32
    assert found["c"].ravel().tolist() == ["x", "y", "z"]
    assert np.isnan(found["b"][0, 0])


@pytest.mark.parametrize(("chosen", "rows"), [([2], [2.5, 2.5]), ([0, 1, 2, 3, 4], [0.5, 1.5, 2.5, 0.5, 1.5])])
def test_a_single_row_comes_twice_and_rows_begin_again(chosen: list[int], rows: list[float]) -> None:
    assert FEED.of(np.array(chosen))["a"].ravel().tolist() == rows


def test_a_file_may_read_numbers_only_or_texts_only() -> None:
    assert GoldenFeed(["a"], [], [[1.0], [2.0]], [[], []]).of(np.arange(2)).keys() == {"a"}
    assert GoldenFeed([], ["c"], [[], []], [["x"], ["y"]]).of(np.arange(2)).keys() == {"c"}
