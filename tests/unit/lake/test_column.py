from typing import Any

import pyarrow as pa

from services.contracts.record import Record
from services.contracts.schemas import own_names, own_schema
from services.lake.adapters.column import RecordColumns, column_type

TIME = {"type": "long", "logicalType": "timestamp-micros"}


def _record(value: dict[str, Any]) -> Record:
    return Record("events", 1, 5, 1_000_000, "p", "driftmill.X", value)


def test_positions_come_first() -> None:
    table = RecordColumns({"fields": [{"name": "offset", "type": "long"}]}).to_table([_record({"offset": 9})])
    [row] = table.to_pylist()
    assert list(row) == ["kafka_partition", "kafka_offset", "kafka_key", "kafka_time", "kafka_day", "offset"]
    assert row["kafka_day"].isoformat() == "1970-01-01"
    assert (row["kafka_partition"], row["kafka_offset"], row["kafka_key"], row["offset"]) == (1, 5, "p", 9)


def test_values_keep_their_meaning() -> None:
    payload = {
        "type": "record",
        "name": "P",
        "fields": [
            {"name": "at", "type": ["null", TIME]},
            {"name": "kind", "type": {"type": "enum", "name": "K", "symbols": ["a"]}},
            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
            {"name": "either", "type": ["null", "string", "long"]},
            {"name": "nested", "type": {"type": "array", "items": {"type": "map", "values": ["long", "string"]}}},
        ],
    }
    columns = RecordColumns({"fields": [{"name": "payload", "type": payload}, {"name": "raw", "type": "bytes"}]})
    value = {"at": 1, "kind": "a", "day": 1, "either": 7, "nested": [{"x": 1, "y": "z"}]}
    [row] = columns.to_table([_record({"payload": value, "raw": b"\0"})]).to_pylist()
    assert row["payload"]["at"].timestamp() == 1e-6
    assert row["payload"]["kind"] == "a"
    assert row["payload"]["day"].isoformat() == "1970-01-02"
    assert row["payload"]["either"] == "7"
    assert row["payload"]["nested"] == [[("x", "1"), ("y", '"z"')]]
    assert row["raw"] == b"\0"


def test_every_record_of_ours_has_columns() -> None:
    for name in own_names():
        schema = own_schema(name)
        fields = [field for field in schema["fields"] if field["type"] != "Payload"]
        types = [column_type(field["type"]).arrow for field in fields]
        assert all(isinstance(one, pa.DataType) for one in types)


def test_nothing_at_all_is_a_table_too() -> None:
    columns = RecordColumns(own_schema("driftmill.ProfileClosed"))
    assert columns.to_table([]).schema == columns.schema
