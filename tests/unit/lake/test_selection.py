"""Rows by SQL, as the records that they were, from tables that need not be there or have every column."""

from pathlib import Path

import orjson

from services.contracts.record import Record
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.lake.adapters.selection import Selection
from services.lake.trace import event, versions
from tests.learning.test_outcome_rows import outcome

DAY = 86_400_000_000
SCHEMA = {
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "seq", "type": "long"},
        {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "slices", "type": {"type": "map", "values": "string"}},
        {
            "name": "payload",
            "type": {
                "type": "record",
                "name": "P",
                "fields": [{"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}}],
            },
        },
    ]
}
FAR = 2**62
"""Microseconds to a year that Python doesn't know."""


def keep(folder: Path, name: str, records: list[Record], schema: object = SCHEMA) -> None:
    columns = RecordColumns(schema)  # type: ignore[arg-type]
    table = AppendOnlyTable(table_uri(folder.as_uri(), "shop", name), name, "c/t", columns, 0)
    table.append(records, {0: len(records), 1: len(records)})


def kept(offset: int, event_id: str, time: int) -> Record:
    value = {"event_id": event_id, "seq": offset, "event_time": time, "slices": {"mcc": "1"}, "payload": {"at": time}}
    return Record("events", 1, offset, DAY * offset, "s1", "driftmill.EventAccepted", value)


def test_times_are_microseconds_and_maps_dictionaries_however_far(tmp_path: Path) -> None:
    keep(tmp_path, "events", [kept(0, "a", 5), kept(1, "b", FAR)])
    (row,) = Selection(tmp_path.as_uri(), "shop").rows("events", "event_id = 'b'")
    assert (row["event_time"], row["payload"], row["slices"]) == (FAR, {"at": FAR}, {"mcc": "1"})
    assert (row["kafka_offset"], row["kafka_time"], row["kafka_key"]) == (1, DAY, "s1")


def test_a_table_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    nothing = Selection(tmp_path.as_uri(), "shop")
    assert list(nothing.rows("events", "true")) == []
    assert list(nothing.groups("events", ["model"], ["count(*) AS rows"])) == []
    assert nothing.count("events") == 0
    assert list(event(nothing, "a")) == [{"looked": {"events": 0, "quarantined": 0, "labels": 0}}]
    assert list(versions(nothing)) == []


def test_an_event_is_found_with_what_followed_from_its_number(tmp_path: Path) -> None:
    keep(tmp_path, "events", [kept(0, "a", 5), kept(1, "o'b", 6)])
    keep(tmp_path, "features", [kept(1, "of another partition", 6)._replace(partition=0), kept(1, "o'b", 6)])
    *records, last = event(Selection(tmp_path.as_uri(), "shop"), "o'b")
    assert [(one["topic"], one["partition"], one["offset"]) for one in records] == [
        ("events", 1, 1),
        ("features", 1, 1),
    ]
    assert orjson.dumps(records[0]["value"])
    assert last == {"looked": {"events": 2, "quarantined": 0, "labels": 0}}


def test_versions_are_counted_with_columns_that_came_later_than_the_table(tmp_path: Path) -> None:
    schema = own_schema("driftmill.Outcome")
    former = {**schema, "fields": [one for one in schema["fields"] if one["name"] not in ("arm", "policy")]}
    told = [outcome(0, number, number, 0, label=1.0) for number in range(3)]
    keep(tmp_path, "outcomes", [*told, outcome(0, 3, 0, 0, revision=1, label=0.0)], former)
    rows = list(versions(Selection(tmp_path.as_uri(), "shop")))
    assert sum(row["rows"] for row in rows) == 3
    assert sum(row["corrected"] for row in rows) == 1
    assert {(row["as"], row["arm"], row["policy"]) for row in rows} == {("outcomes", None, None)}
