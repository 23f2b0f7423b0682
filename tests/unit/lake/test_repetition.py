import numpy as np
import pyarrow as pa
import pytest

from services.lake.adapters import repetition
from services.lake.adapters.repetition import first_of_each


def column(*parts: list[str | int]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(part) for part in parts])


def places(names: pa.ChunkedArray) -> list[int] | None:
    found = first_of_each(names)
    return None if found is None else found.tolist()


def test_the_first_row_of_each_name_is_told_in_order() -> None:
    assert places(column(["b", "a"], ["", "b", "c", ""])) == [0, 1, 2, 4]
    assert places(column([7, 3], [7])) == [0, 1]


@pytest.mark.parametrize("names", [column(["a", "b"], ["", "ä"]), column([1], [2]), pa.chunked_array([], pa.string())])
def test_nothing_is_told_where_no_name_comes_again(names: pa.ChunkedArray) -> None:
    assert places(names) is None


def test_a_part_of_a_column_is_looked_at_alone() -> None:
    names = column(["a", "b", "a", "c"])
    assert places(names.slice(1)) is None
    assert places(names.slice(0, 3)) == [0, 1]


def test_equal_hashes_are_not_yet_equal_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repetition, "_hash", lambda _data, _offsets, hashes: hashes.fill(np.uint64(1)))
    assert places(column(["a", "b"])) is None
    assert places(column(["a", "b", "a"])) == [0, 1]
