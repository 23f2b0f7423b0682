"""The feature store from Python."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from services.chassis.errors import Refused
from services.contracts.record import Record
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.lake.features import features
from tests.platform import SMALL, pipeline_named

HOUR = 3_600_000_000
LAYOUT = pipeline_named("small").resolved.layout


def vector(offset: int, shop: str, hour: int, amount: float, **changes: Any) -> Record:
    """The vector of an event; its other numbers are those after the amount."""
    numbers = np.array([amount, *range(1, len(LAYOUT.numbers))], "<f4")
    value = {
        "seq": offset,
        "event_id": f"o{offset}",
        "event_time": hour * HOUR,
        "feature_set": LAYOUT.feature_set,
        "numbers": numbers.tobytes(),
        "categories": ["b"],
        "error": None,
    }
    return Record("features", 0, offset, hour * HOUR + 5, shop, "driftmill.FeatureVector", value | changes)


def keep(store: str, *records: Record) -> None:
    """Write them as the lake does."""
    columns = RecordColumns(own_schema("driftmill.FeatureVector"))
    AppendOnlyTable(table_uri(store, "small", "features"), "features", "c/t", columns, 0).append(
        records, {0: len(records)}
    )


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = (tmp_path / "store").as_uri()
    monkeypatch.setenv("DRIFTMILL_STORE", url)
    return url


def test_each_pair_gets_what_was_known_then(store: str) -> None:
    failed = vector(3, "s1", 4, 9.0, numbers=b"", categories=[], error="no")
    other = vector(4, "s2", 5, 9.0, feature_set="another")
    keep(store, vector(0, "s1", 1, 1.5), vector(1, "s2", 2, 2.5), vector(2, "s1", 3, 3.5), failed, other)
    times = [f"1970-01-01T{hour:02}:30" for hour in (1, 3, 2, 9, 0, 9)]
    frame = features(SMALL, ["s1", "s1", "s2", "s1", "s1", "s2"], times)
    assert frame["event_id"].tolist() == ["o0", "o2", "o1", "o2", None, "o4"]
    np.testing.assert_array_equal(frame["amount"], np.array([1.5, 3.5, 2.5, 3.5, np.nan, np.nan], np.float32))
    assert frame["kind"].tolist() == ["b", "b", "b", "b", None, None]
    assert frame.columns.tolist()[:7] == [
        "entity",
        "time",
        "event_id",
        "event_time",
        "appended",
        "as_of",
        "feature_set",
    ]
    assert [*frame.columns[7:]] == [*LAYOUT.numbers, *LAYOUT.categories]
    assert frame["feature_set"].tolist()[-1] == "another"
    assert frame["as_of"][1] == pd.Timestamp("1970-01-01T03:00Z")
    assert frame["time"][0] == pd.Timestamp("1970-01-01T01:30Z")


def test_one_time_serves_all_and_none_means_the_newest(store: str) -> None:
    keep(store, vector(0, "s1", 1, 1.5), vector(1, "s2", 2, 2.5), vector(2, "s1", 3, 3.5))
    assert features(SMALL, ["s1", "s2"], pd.Timestamp("1970-01-01T02:00Z"))["amount"].tolist() == [1.5, 2.5]
    assert features(SMALL, ["s1", "s2"])["amount"].tolist() == [3.5, 2.5]
    assert "time" not in features(SMALL, ["s1"])
    assert features(SMALL, ["o'neill"])["event_id"].tolist() == [None]
    assert features(SMALL, []).empty
    with pytest.raises(ValueError, match="2 times for 3 entities"):
        features(SMALL, ["s1", "s2", "s3"], ["1970-01-01", "1970-01-02"])


def test_a_label_known_later_holds_a_late_events_vector_back(store: str) -> None:
    keep(store, vector(0, "s1", 1, 1.5), vector(1, "s1", 2, 2.5))
    schema = own_schema("driftmill.LabelAccepted")
    without = schema | {"fields": [field for field in schema["fields"] if field["name"] != "payload"]}
    value = {"after_seq": 0, "event_id": "o0", "known_at": 5 * HOUR, "label": 1.0, "revision": 0}
    label = Record("events", 0, 1, 0, "s1", "driftmill.LabelAccepted", value)
    table = AppendOnlyTable(table_uri(store, "small", "labels"), "labels", "c/t", RecordColumns(without), 0)
    table.append([label], {0: 2})
    found = features(SMALL, ["s1", "s1"], ["1970-01-01T04:59", "1970-01-01T05:00"])
    assert found["event_id"].tolist() == ["o0", "o1"]


def test_a_store_without_vectors_is_told(store: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the lake hasn't kept vectors of this pipeline yet"):
        features(SMALL, ["s1"])
    keep(store, vector(0, "s1", 1, 1.5))
    shutil.copytree(SMALL, tmp_path / "p")
    text = (SMALL / "pipeline.yaml").read_text()
    (tmp_path / "p" / "pipeline.yaml").write_text(text.replace("agg: [count, mean]", "agg: [count, max]"))
    changed = features(tmp_path / "p", ["s1"])
    assert changed["event_id"].tolist() == ["o0"]
    assert changed["amount"].isna().all()
