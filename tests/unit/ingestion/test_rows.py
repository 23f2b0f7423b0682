"""Rows of a table become records of the schema."""

from typing import Any

import pandas as pd
import pytest

from services.ingestion.domain.rows import TableMismatch, rows

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
TYPES = {"id": "string", "at": "timestamp", "size": "double", "note": "string", "ok": "boolean"}


def test_texts_of_a_csv_file_become_typed_values() -> None:
    table = pd.DataFrame(
        {"id": ["007"], "at": ["2025-01-01T00:00:01Z"], "size": ["1.5"], "note": [None], "ok": ["true"], "other": [1]}
    )
    assert rows(table, SCHEMA, TYPES) == [
        {"id": "007", "at": 1_735_689_601_000_000, "size": 1.5, "note": None, "ok": True}
    ]


def test_an_absent_column_takes_its_default() -> None:
    table = pd.DataFrame({"id": ["a"], "at": [1], "size": [1], "ok": [False]})
    assert rows(table, SCHEMA, TYPES)[0]["note"] is None


def test_an_empty_number_stays_not_a_number_for_validation_to_judge() -> None:
    table = pd.DataFrame({"id": ["a"], "at": [1], "size": [None], "ok": [False]})
    size = rows(table, SCHEMA, TYPES)[0]["size"]
    assert size != size


def test_missing_columns_are_named() -> None:
    with pytest.raises(TableMismatch, match="size, ok"):
        rows(pd.DataFrame({"id": ["a"], "at": [1]}), SCHEMA, TYPES)


def test_an_empty_identity_is_refused() -> None:
    table = pd.DataFrame({"id": ["a", None], "at": [1, 2], "size": [1, 1], "ok": [False, True]})
    with pytest.raises(TableMismatch, match="column id has 1 empty"):
        rows(table, SCHEMA, TYPES)
