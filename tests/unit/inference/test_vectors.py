import numpy as np
import pytest

from services.inference.domain.vectors import Vectors

BATCH = Vectors(
    ("amount", "age"),
    ("country", "channel"),
    np.array([[1.0, 30.0], [2.0, np.nan], [3.0, 50.0]], np.float32),
    [["DE", "chip"], ["FR", "online"], ["", "chip"]],
)


def test_each_column_is_found_by_its_name() -> None:
    columns = BATCH.columns
    assert set(columns) == {"amount", "age", "country", "channel"}
    assert columns["amount"].tolist() == [1.0, 2.0, 3.0]
    assert columns["age"].tolist() == pytest.approx([30.0, np.nan, 50.0], nan_ok=True)
    assert columns["country"].tolist() == ["DE", "FR", ""]
    assert columns["channel"].tolist() == ["chip", "online", "chip"]


def test_numbers_stay_float32_and_categories_whole_texts() -> None:
    longer = Vectors(("a",), ("c",), np.array([[0.1], [0.2]], np.float32), [["x"], ["much longer"]])
    assert longer.columns["a"].dtype == np.float32
    assert longer.columns["c"].dtype == object
    assert longer.columns["c"].tolist() == ["x", "much longer"]


def test_rows_are_taken_in_the_order_asked_for_and_as_often() -> None:
    taken = BATCH.rows(np.array([2, 0, 0]))
    assert len(taken) == 3
    assert taken.columns["amount"].tolist() == [3.0, 1.0, 1.0]
    assert taken.columns["country"].tolist() == ["", "DE", "DE"]


def test_taking_rows_leaves_the_batch_and_its_columns_as_they_are() -> None:
    before = BATCH.columns["amount"].tolist()
    BATCH.rows(np.array([1]))
    assert len(BATCH) == 3
    assert BATCH.columns["amount"].tolist() == before


def test_a_batch_without_rows_still_has_its_columns() -> None:
    nothing = BATCH.rows(np.array([], np.intp))
    assert len(nothing) == 0
    assert {name: len(column) for name, column in nothing.columns.items()} == dict.fromkeys(BATCH.columns, 0)


def test_rows_without_any_number_are_counted_all_the_same() -> None:
    categories_only = Vectors((), ("country",), np.empty((2, 0), np.float32), [["DE"], ["FR"]])
    assert len(categories_only) == 2
    assert list(categories_only.columns) == ["country"]
