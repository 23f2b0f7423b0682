"""The rows of an entity go from a table and its files, whoever writes meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import parquet

from services.contracts.record import Record
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.lake.adapters.entity_rows import EntityRows, Reach
from services.lake.adapters.feature_table import FeatureTable
from services.lake.adapters.lake_table import LakeTable, Range
from services.lake.adapters.stretch import FACTS

NUMBERED = {"fields": [{"name": "seq", "type": "long"}, {"name": "event_id", "type": "string"}]}
BARE = {"fields": [{"name": "event_id", "type": "string"}]}
ANN = "o'ann"
KEYS = (ANN, "bob", "eve")


def table(folder: Path, schema: dict[str, Any] = NUMBERED, every: int = 0) -> AppendOnlyTable:
    return AppendOnlyTable(uri(folder), "events", "c/t", RecordColumns(schema), every)


def uri(folder: Path) -> str:
    return table_uri(folder.as_uri(), "shop", "events")


def record(offset: int, seq: int | None = None) -> Record:
    value = {"seq": offset if seq is None else seq, "event_id": f"e{offset}"}
    return Record("events", 0, offset, 0, KEYS[offset % 3], "driftmill.X", value)


def on_disk(folder: Path) -> Iterator[str]:
    """Keys in all files, those that don't count too."""
    for file in folder.rglob("kafka_day=*/*.parquet"):
        yield from parquet.ParquetFile(file).read(columns=["kafka_key"])["kafka_key"].to_pylist()


def held(one: AppendOnlyTable) -> list[int]:
    return [row["kafka_offset"] for row in one.rows([])]


@pytest.mark.parametrize("schema", [NUMBERED, BARE])
def test_rows_of_the_entity_up_to_the_end_go_with_their_files(tmp_path: Path, schema: dict[str, Any]) -> None:
    kept = table(tmp_path, schema)
    for start in (0, 6):
        kept.append([record(offset) for offset in range(start, start + 6)], {0: start + 6})
    rows = EntityRows(uri(tmp_path), "kafka_key", [ANN], Reach(7, {0: 7}))
    assert {number: at.tolist() for number, at in rows.find().items()} == {0: [0, 3, 6]}
    assert rows.events() == ["e0", "e3", "e6"]
    rows.erase()
    assert rows.find() == {}
    assert sorted(on_disk(tmp_path)).count(ANN) > 1
    rows.sweep()
    assert sorted(on_disk(tmp_path)) == [*["bob"] * 4, *["eve"] * 4, ANN]
    assert held(kept) == [1, 2, 4, 5, 7, 8, 9, 10, 11]
    assert kept.next_offset(0) == 12


def test_what_is_left_can_be_looked_through_by_texts(tmp_path: Path) -> None:
    table(tmp_path).append([record(offset) for offset in range(6)], {0: 6})
    EntityRows(uri(tmp_path), "kafka_key", [ANN], Reach(9, {})).erase()
    rows = LakeTable(uri(tmp_path), "events").between(Range(0, 0, 9), ["seq"], {}, pc.field("kafka_key") != "eve")
    assert rows["kafka_offset"].to_pylist() == [1, 4]


def test_rows_without_an_event_are_told_by_their_offsets(tmp_path: Path) -> None:
    kept = table(tmp_path)
    kept.append([record(0, seq=-1), record(3, seq=-1), record(6, seq=2)], {0: 7})
    EntityRows(uri(tmp_path), "kafka_key", [ANN], Reach(2, {0: 3, 1: 99})).erase()
    assert held(kept) == [3, 6]


def test_a_file_that_is_just_being_written_stays(tmp_path: Path) -> None:
    kept = table(tmp_path)
    kept.append([record(offset) for offset in range(3)], {0: 3})
    [file] = tmp_path.rglob("*.parquet")
    draft = file.with_name("part-draft.parquet")
    draft.write_bytes(file.read_bytes())
    rows = EntityRows(uri(tmp_path), "kafka_key", [ANN], Reach(9, {}))
    rows.erase()
    rows.sweep()
    assert draft.exists()
    assert not file.exists()


def test_who_writes_and_compacts_meanwhile_loses_and_doubles_nothing(tmp_path: Path) -> None:
    kept = table(tmp_path, every=3)
    kept.append([record(offset) for offset in range(30)], {0: 30})
    rows = EntityRows(uri(tmp_path), "kafka_key", [ANN], Reach(30, {}))

    def write() -> None:
        for offset in range(30, 60):
            kept.append([record(offset)], {0: offset + 1})

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        for end in range(3, 33, 3):
            EntityRows(uri(tmp_path), "kafka_key", [ANN], Reach(end, {})).erase()
        writing.result()
    rows.erase()
    assert held(kept) == [offset for offset in range(60) if offset >= 30 or offset % 3]
    assert kept.next_offset(0) == 60


def test_what_was_computed_of_its_events_goes_by_their_ids(tmp_path: Path) -> None:
    kept = table(tmp_path)
    kept.append([record(offset) for offset in range(6)], {0: 6})
    found = EntityRows(uri(tmp_path), "kafka_key", [ANN], Reach(9, {})).events()
    place = table_uri(tmp_path.as_uri(), "shop", "backfill_f")
    FeatureTable(place, "f", ["x"]).append("app", 6, facts(6), numbers(6), [])
    rows = EntityRows(place, "event_id", found, None)
    assert {number: at.tolist() for number, at in rows.find().items()} == {0: [0, 3]}
    rows.erase()
    assert rows.find() == EntityRows(place, "event_id", [], None).find() == {}
    assert len(EntityRows(place, "event_id", ["e1", "e2", "e4", "e5"], None).find()[0]) == 4


def facts(rows: int) -> Any:
    columns = [[f"e{n}" for n in range(rows)], [0] * rows, list(range(rows)), list(range(rows))]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, FACTS, strict=True)], schema=FACTS)


def numbers(rows: int) -> Any:
    return np.zeros((rows, 1), np.float32)
