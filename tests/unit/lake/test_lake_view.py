"""What people see of the lake is what its tables hold."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from services.chassis.errors import Refused
from services.lake.adapters.lake_view import LakeView

TIMES = [datetime(2026, 1, day, 23, 30, tzinfo=UTC) for day in (1, 2, 3)]
EVENTS = pa.table(
    {
        "event_id": ["a", "b", "c"],
        "event_time": pa.array(TIMES, pa.timestamp("us", "UTC")),
        "payload": [{"amount": 1.5}, {"amount": 2.0}, None],
    }
)


@pytest.fixture
def view(tmp_path: Path) -> LakeView:
    for name, table in (("events", EVENTS), ("labels", EVENTS.slice(0, 1).select(["event_id"]))):
        (tmp_path / "lake" / "small").mkdir(parents=True, exist_ok=True)
        write_deltalake(str(tmp_path / "lake" / "small" / name), table)
    write_deltalake(str(tmp_path / "lake" / "small" / "events"), EVENTS, mode="append")
    return LakeView(tmp_path.as_uri(), "small")


def rows(view: LakeView, sql: str) -> list[dict[str, Any]]:
    return list(view.query(sql))


def test_every_table_is_listed_with_what_it_holds(view: LakeView) -> None:
    events, labels = view.tables()
    assert (events["table"], events["rows"], events["files"], events["version"]) == ("events", 6, 2, 1)
    assert (labels["table"], labels["rows"]) == ("labels", 1)
    assert events["bytes"] > labels["bytes"] > 0


def test_a_table_has_columns_of_types(view: LakeView) -> None:
    assert [column["column"] for column in view.schema("events")] == EVENTS.column_names
    assert [column["type"] for column in view.schema("labels")] == ["string"]
    with pytest.raises(ValueError, match="no table event; there are events, labels"):
        list(view.schema("event"))


def test_tables_are_asked_and_joined_by_their_names(view: LakeView) -> None:
    sql = "SELECT event_id, payload['amount'] AS amount, event_time FROM events JOIN labels USING (event_id)"
    assert rows(view, sql) == [{"event_id": "a", "amount": 1.5, "event_time": TIMES[0]}] * 2


def test_days_are_those_of_utc_wherever_it_is_asked(view: LakeView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert rows(view, "SELECT date_part('day', min(event_time)) AS day FROM events") == [{"day": 1}]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT * FROM evens", "evens' not found"),
        ("SELECT amont FROM events", "No field named amont"),
        ("SELEC 1", "Expected: an SQL statement, found: SELEC"),
        ("DELETE FROM events", "DELETE not supported"),
        ("INSERT INTO events SELECT * FROM events", "insert_into"),
        ("SELECT CAST(event_id AS INT) FROM events", "Cannot cast string"),
    ],
)
def test_what_cannot_be_done_is_said(view: LakeView, sql: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"(?i){why}"):
        rows(view, sql)
    assert rows(view, "SELECT count(*) AS count FROM events") == [{"count": 6}]


def test_a_lake_that_was_never_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no table under .*lake/small"):
        LakeView(tmp_path.as_uri(), "small")
