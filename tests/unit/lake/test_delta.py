from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from deltalake import write_deltalake

from services.chassis.errors import Refused
from services.contracts.record import Record
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri

OLD = {"fields": [{"name": "x", "type": "long"}]}
NEW = {"fields": [{"name": "x", "type": "long"}, {"name": "y", "type": ["null", "string"]}]}


def records(partition: int, *offsets: int) -> list[Record]:
    return [Record("events", partition, n, 0, "k", "driftmill.X", {"x": n, "y": "new"}) for n in offsets]


def open_table(folder: Path, schema: Mapping[str, Any] = OLD, source: str = "c/t", every: int = 0) -> AppendOnlyTable:
    uri = table_uri((folder / "a store").as_uri(), "shop", "events")
    return AppendOnlyTable(uri, "events", source, RecordColumns(schema), every)


def held(table: AppendOnlyTable) -> list[tuple[int, int]]:
    return [(row["kafka_partition"], row["kafka_offset"]) for row in table.rows(["x"])]


def test_rows_and_next_offsets_are_kept_together(tmp_path: Path) -> None:
    table = open_table(tmp_path)
    assert table.next_offset(0) is None
    assert table.append([*records(0, 3, 4), *records(1, 8)], {0: 6, 1: 9}) == 3
    again = open_table(tmp_path)
    assert (again.next_offset(0), again.next_offset(1)) == (6, 9)
    assert held(again) == [(0, 3), (0, 4), (1, 8)]


def test_a_column_that_a_table_does_not_have_yet_is_empty(tmp_path: Path) -> None:
    open_table(tmp_path).append(records(0, 1), {0: 2})
    assert [(row["x"], row["y"]) for row in open_table(tmp_path, NEW).rows(["x", "y"])] == [(1, None)]
    open_table(tmp_path, NEW).append(records(0, 2), {0: 3})
    assert [(row["x"], row["y"]) for row in open_table(tmp_path, NEW).rows(["x", "y"])] == [(1, None), (2, "new")]


def test_what_is_sent_again_is_dropped(tmp_path: Path) -> None:
    table = open_table(tmp_path)
    table.append(records(0, 1, 2), {0: 3})
    assert table.append(records(0, 1, 2), {0: 3}) == 0
    assert table.append(records(0, 1, 2, 3), {0: 4}) == 1
    assert held(table) == [(0, 1), (0, 2), (0, 3)]


def test_a_table_without_rows_remembers_what_was_passed(tmp_path: Path) -> None:
    open_table(tmp_path).append([], {0: 500})
    table = open_table(tmp_path)
    assert table.next_offset(0) == 500
    table.refuse_foreign(1)


def test_two_writers_keep_each_record_once(tmp_path: Path) -> None:
    tables = [open_table(tmp_path), open_table(tmp_path)]

    def write(table: AppendOnlyTable, ahead: int) -> None:
        for start in range(0, 80, 4):
            table.append(records(0, *range(start, start + ahead)), {0: start + ahead})

    with ThreadPoolExecutor(2) as threads:
        for writing in [threads.submit(write, *each) for each in zip(tables, (4, 6), strict=True)]:
            writing.result()
    assert held(tables[0]) == [(0, offset) for offset in range(82)]


def test_compaction_changes_neither_rows_nor_offsets(tmp_path: Path) -> None:
    table = open_table(tmp_path, every=10)
    for offset in range(25):
        table.append(records(0, offset), {0: offset + 1})
    again = open_table(tmp_path)
    assert held(again) == [(0, offset) for offset in range(25)]
    assert again.next_offset(0) == 25
    assert again.append(records(0, 24), {0: 25}) == 0


def test_fields_may_come_and_go(tmp_path: Path) -> None:
    open_table(tmp_path).append(records(0, 0), {0: 1})
    wider = open_table(tmp_path, NEW)
    wider.append(records(0, 1), {0: 2})
    wider.append(records(0, 2), {0: 3})
    open_table(tmp_path).append(records(0, 3), {0: 4})
    assert [(row["x"], row["y"]) for row in wider.rows(["x", "y"])] == [(0, None), (1, "new"), (2, "new"), (3, None)]


def test_fields_of_a_payload_may_come_and_go(tmp_path: Path) -> None:
    def with_payload(*names: str) -> Mapping[str, Any]:
        fields = [{"name": name, "type": ["null", "long"]} for name in names]
        return {"fields": [{"name": "payload", "type": {"type": "record", "name": "P", "fields": fields}}]}

    def send(offset: int, *names: str) -> AppendOnlyTable:
        table = open_table(tmp_path, with_payload(*names))
        value = {"payload": dict.fromkeys(names, offset)}
        table.append([Record("events", 0, offset, 0, "k", "driftmill.X", value)], {0: offset + 1})
        return table

    send(0, "a")
    send(1, "a", "b")
    rows = send(2, "b").rows(["payload"])
    assert [row["payload"] for row in rows] == [{"a": 0, "b": None}, {"a": 1, "b": 1}, {"a": None, "b": 2}]


def test_days_are_told_apart_and_what_is_not_so_laid_out_is_refused(tmp_path: Path) -> None:
    table = open_table(tmp_path)
    table.append(records(0, 0), {0: 1})
    [file] = (tmp_path / "a store").rglob("*.parquet")
    assert file.parent.name == "kafka_day=1970-01-01"
    old = tmp_path / "old" / "lake" / "shop" / "events"
    old.mkdir(parents=True)
    write_deltalake(str(old), RecordColumns(OLD).to_table(records(0, 0)))
    uri = table_uri((tmp_path / "old").as_uri(), "shop", "events")
    with pytest.raises(Refused, match="not partitioned by kafka_day"):
        AppendOnlyTable(uri, "events", "c/t", RecordColumns(OLD), 0).refuse_foreign(1)


def test_rows_of_another_topic_are_refused(tmp_path: Path) -> None:
    open_table(tmp_path).append(records(0, 0), {0: 1})
    with pytest.raises(Refused, match="another topic or cluster than c/made-again"):
        open_table(tmp_path, source="c/made-again").refuse_foreign(2)
