"""Rows of a table become records of the schema."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from services.ingestion.domain.rows import Rows, TableMismatch

SCHEMA: dict[str, Any] = {
    "name": "Thing",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "size", "type": "double"},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "ok", "type": "boolean"},
    ],
}


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    made = Rows(table, SCHEMA, TYPES)
    return made.take(np.arange(len(made)))


TYPES = {"id": "string", "at": "timestamp", "size": "double", "note": "string", "ok": "boolean"}


def test_texts_of_a_csv_file_become_typed_values() -> None:
    table = pd.DataFrame(
        {"id": ["007"], "at": ["2025-01-01T00:00:01Z"], "size": ["1.5"], "note": [None], "ok": ["true"], "other": [1]}
    )
    assert rows(table) == [{"id": "007", "at": 1_735_689_601_000_000, "size": 1.5, "note": None, "ok": True}]


def test_an_absent_column_takes_its_default() -> None:
    table = pd.DataFrame({"id": ["a"], "at": [1], "size": [1], "ok": [False]})
    assert rows(table)[0]["note"] is None


def test_an_empty_number_stays_not_a_number_for_validation_to_judge() -> None:
    table = pd.DataFrame({"id": ["a"], "at": [1], "size": [None], "ok": [False]})
    size = rows(table)[0]["size"]
    assert size != size


def test_missing_columns_are_named() -> None:
    with pytest.raises(TableMismatch, match="size, ok"):
        rows(pd.DataFrame({"id": ["a"], "at": [1]}))


def test_an_empty_identity_is_refused() -> None:
    table = pd.DataFrame({"id": ["a", None], "at": [1, 2], "size": [1, 1], "ok": [False, True]})
    with pytest.raises(TableMismatch, match="column id has 1 empty"):
        rows(table)


def test_rows_come_as_they_are_asked_for_with_nulls_in_their_places() -> None:
    table = pd.DataFrame(
        {"id": list("abc"), "at": [1, 2, 3], "size": [1, 2, 3], "note": ["x", None, "z"], "ok": [1, 0, 1]}
    )
    made = Rows(table.set_index(pd.Index([7, 7, 9])), SCHEMA, TYPES)
    taken = made.take(np.array([2, 1]))
    assert [(row["id"], row["note"], row["ok"]) for row in taken] == [("c", "z", True), ("b", None, False)]
    assert made.take(np.array([], np.int64)) == []
    assert len(made) == 3
    assert "id" in made


def test_an_empty_table_has_no_rows() -> None:
    assert len(Rows(pd.DataFrame(columns=list(TYPES)), SCHEMA, TYPES)) == 0


def test_values_are_those_of_python_so_that_they_can_be_written() -> None:
    table = pd.DataFrame(
        {"id": ["a"], "at": [np.int64(1)], "size": [np.float32(1.5)], "note": [None], "ok": [np.True_]}
    )
    assert [type(value) for value in rows(table)[0].values()] == [str, int, float, type(None), bool]
