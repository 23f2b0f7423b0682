from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pandas.testing import assert_frame_equal

from services.chassis.errors import Refused
from services.contracts.record import Record
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.lake.adapters.removals import Removals
from services.lake.domain.removal import Removal
from services.training.adapters.dataset import first_outcomes, read_outcomes, table_of
from services.training.adapters.removed import Erased, erased_from
from services.training.work import work
from tests.platform import pipeline_named

DATASET: dict[str, Any] = {
    "dataset_id": "d1",
    "ranges": [
        {"partition": 0, "from_offset": 0, "to_offset": 5, "matured_seq": 1},
        {"partition": 1, "from_offset": 0, "to_offset": 2, "matured_seq": 0},
    ],
}


MINUTE = 60_000_000


def outcome(partition: int, offset: int, seq: int, time: int | None, **changes: Any) -> Record:
    value = {
        "seq": seq,
        "event_id": f"e{partition}-{seq}",
        "event_time": time,
        "status": "on_time",
        "revision": 0,
        "label": 1.0,
        "label_time": 1_700_000_000_000_001,
        "score": 0.5,
        "decision": True,
        "model": "m1",
        "feature_set": "f1",
        "numbers": np.array([1.5, np.nan], "<f4").tobytes(),
        "categories": ["a", "b"],
        "slices": {"region": "north"},
        "policy": "p1",
        "propensity": 1.0,
        "arm": "champion",
        "beside": None,
        "decided_class": None,
        "label_class": None,
    }
    return Record("outcomes", partition, offset, 0, "k", "driftmill.Outcome", value | changes)


def minutely(feature_set: str, numbers: NDArray[np.float32], label: NDArray[Any], **changes: Any) -> list[Record]:
    """One a minute, known five hours later. numbers: [rows, inputs]. label: [rows]."""
    return [
        outcome(
            *(0, seq, seq, seq * MINUTE),
            label=float(label[seq]),
            label_time=(seq + 300) * MINUTE,
            feature_set=feature_set,
            numbers=numbers[seq].tobytes(),
            categories=["abc"[seq % 3]],
            **changes,
        )
        for seq in range(len(label))
    ]


@pytest.fixture
def table(tmp_path: Path) -> AppendOnlyTable:
    columns = RecordColumns(own_schema("driftmill.Outcome"))
    uri = table_uri(tmp_path.as_uri(), "shop", "outcomes")
    return AppendOnlyTable(uri, "outcomes", "c/t", columns, compact_every=0)


RECORDS = [
    outcome(0, 0, 1, 300),
    outcome(0, 1, 0, 200, status="missing", label=None, score=None, decision=None),
    outcome(0, 2, -1, None, status="orphan"),
    outcome(0, 4, 1, 300, status="corrected", revision=1, label=0.0),
    outcome(0, 5, 0, 200, status="late", revision=1),
    outcome(0, 6, 2, 250),
    outcome(1, 0, 0, 200),
    outcome(1, 1, 1, 400),
]


def test_rows_are_the_newest_outcomes_of_matured_events_in_order(tmp_path: Path, table: AppendOnlyTable) -> None:
    table.append(RECORDS, {0: 7, 1: 2})
    frame = read_outcomes(tmp_path.as_uri(), "shop", DATASET)
    assert frame["event_id"].tolist() == ["e0-0", "e1-0", "e0-1"]
    assert frame["event_time"].tolist() == [200, 200, 300]
    assert frame["status"].tolist() == ["missing", "on_time", "corrected"]
    assert frame["label"].fillna(-1).tolist() == [-1, 1, 0]
    assert frame["label_time"].tolist() == [1_700_000_000_000_001] * 3
    assert frame["offset"].tolist() == [1, 0, 4]
    assert np.frombuffer(frame["numbers"][0], "<f4").tolist()[0] == 1.5
    assert [list(one) for one in frame["categories"]] == [["a", "b"]] * 3
    assert frame["slices"].tolist() == [{"region": "north"}] * 3
    assert np.isnan(frame["score"][0])


def test_what_a_dataset_brought_is_the_same_whatever_was_corrected_since(
    tmp_path: Path, table: AppendOnlyTable
) -> None:
    before = {0: 0}
    table.append(RECORDS[:4], {0: 5})
    found = first_outcomes(table_of(tmp_path.as_uri(), "shop"), DATASET, before, 1.0)
    assert found["event_id"].tolist() == ["e0-1"]
    table.append(RECORDS[4:], {0: 7, 1: 2})
    later = first_outcomes(table_of(tmp_path.as_uri(), "shop"), DATASET, before, 1.0)
    assert later["event_id"].tolist() == ["e0-1", "e1-0"]
    assert later["label"].tolist() == [1.0, 1.0]
    assert_frame_equal(later[:1], found)
    assert "decided_class" in later


def test_of_what_a_dataset_brought_a_share_is_read(tmp_path: Path, table: AppendOnlyTable) -> None:
    records = [outcome(0, seq, seq, seq) for seq in range(400)]
    table.append(records, {0: 400})
    bounds = {"partition": 0, "from_offset": 0, "to_offset": 400, "matured_seq": 299}
    uri, dataset = tmp_path.as_uri(), {"dataset_id": "d", "ranges": [bounds]}
    found = first_outcomes(table_of(uri, "shop"), dataset, {0: 99}, 0.25)["seq"].tolist()
    assert len(found) == pytest.approx(50, abs=5)
    assert min(found) >= 100
    assert found == first_outcomes(table_of(uri, "shop"), dataset, {0: 99}, 0.25)["seq"].tolist()


def test_rows_stay_the_same_after_a_checkpoint_of_commits_compaction_and_vacuum(
    tmp_path: Path, table: AppendOnlyTable
) -> None:
    for record in RECORDS[:4]:
        table.append([record], {0: record.offset + 1})
    table.append(RECORDS[6:], {1: 2})
    before = read_outcomes(tmp_path.as_uri(), "shop", DATASET)
    files = set((tmp_path / "lake" / "shop" / "outcomes").glob("*/*.parquet"))
    table.append([*RECORDS[4:6], outcome(0, 7, 0, 200, revision=2, label=0.0)], {0: 8})
    for offset in range(8, 105):
        table.append([outcome(0, offset, offset, 500)], {0: offset + 1})
    assert list((tmp_path / "lake").rglob("*.checkpoint.parquet"))
    table.compact()
    assert table.vacuum(0) > 100
    assert len(files) == 5
    assert not any(file.exists() for file in files)
    assert_frame_equal(read_outcomes(tmp_path.as_uri(), "shop", DATASET), before)


def test_rows_tell_the_chance_they_had_if_the_table_was_made_since_it_is_told(tmp_path: Path) -> None:
    schema = own_schema("driftmill.Outcome")
    older = {**schema, "fields": [field for field in schema["fields"] if field["name"] != "propensity"]}
    uri = table_uri(tmp_path.as_uri(), "shop", "outcomes")
    before = AppendOnlyTable(uri, "outcomes", "c/t", RecordColumns(older), compact_every=0)
    before.append(RECORDS[:2], {0: 2})
    assert "propensity" not in read_outcomes(tmp_path.as_uri(), "shop", DATASET).columns
    now = AppendOnlyTable(uri, "outcomes", "c/t", RecordColumns(schema), compact_every=0)
    now.append([outcome(0, 4, 1, 300, propensity=0.25)], {0: 5})
    assert read_outcomes(tmp_path.as_uri(), "shop", DATASET)["propensity"].fillna(-1).tolist() == [-1, 0.25]


def removal(cause: str, partition: int, start: int, end: int, name: str = "r1") -> Removal:
    return Removal(name, cause, "outcomes", partition, start, end, end - start, 7)


def test_rows_that_are_past_their_time_are_not_silently_missing(tmp_path: Path, table: AppendOnlyTable) -> None:
    table.append(RECORDS, {0: 7, 1: 2})
    Removals(tmp_path.as_uri(), "shop").add([removal("expired", 1, 0, 1, "expired before 2026-01-02")])
    with pytest.raises(Refused, match=r"Dataset d1 begins at offset 0 of outcomes\[1\], but the rows before offset 1"):
        read_outcomes(tmp_path.as_uri(), "shop", DATASET)
    later = DATASET | {"ranges": [DATASET["ranges"][0], DATASET["ranges"][1] | {"from_offset": 1, "matured_seq": 1}]}
    assert read_outcomes(tmp_path.as_uri(), "shop", later)["event_id"].tolist() == ["e0-0", "e0-1", "e1-1"]


def test_a_run_on_rows_that_are_past_their_time_fails_and_says_so(tmp_path: Path, table: AppendOnlyTable) -> None:
    pipeline = pipeline_named("shop")
    table.append(RECORDS, {0: 7, 1: 2})
    Removals(tmp_path.as_uri(), "shop").add([removal("expired", 0, 0, 3)])
    result = work({"texts": dict(pipeline.texts), "store": tmp_path.as_uri(), "dataset": DATASET})
    assert result["outcome"] == "failed"
    assert "the rows before offset 3 are gone" in result["reason"]


def test_rows_that_were_erased_are_counted_within_a_dataset(tmp_path: Path) -> None:
    store, removals = tmp_path.as_uri(), Removals(tmp_path.as_uri(), "shop")
    assert erased_from(store, "shop", DATASET) == Erased(0, ())
    removals.add([removal("erased", 0, 1, 3), removal("erased", 0, 5, 6), removal("erased", 1, 1, 2, "r2")])
    removals.add([removal("expired", 0, 0, 1), Removal("r3", "erased", "events", 0, 0, 4, 4, 7)])
    assert erased_from(store, "shop", DATASET) == Erased(3, ("r1", "r2"))


def test_a_dataset_without_matured_events_has_columns_and_no_rows(tmp_path: Path, table: AppendOnlyTable) -> None:
    table.append(RECORDS, {0: 7, 1: 2})
    none = {"ranges": [{"partition": 0, "from_offset": 0, "to_offset": 1, "matured_seq": -1}]}
    frame = read_outcomes(tmp_path.as_uri(), "shop", none)
    assert len(frame) == 0
    assert "numbers" in frame.columns
