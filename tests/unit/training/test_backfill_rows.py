"""Older answers get the features of a backfill."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from services.contracts.pipeline import Pipeline
from services.lake.adapters.delta import table_uri
from services.lake.adapters.feature_table import FeatureTable
from services.lake.adapters.stretch import FACTS
from services.training.adapters.backfill import filled, reach_of
from services.training.domain.cohort import cohort
from tests.unit.training.story import pipeline

PIPELINE = pipeline(model="model: {inputs: [amount, kind]}")
SET = PIPELINE.resolved.feature_set


def outcomes(*answers: tuple[int, int, str, str]) -> pd.DataFrame:
    """partition, seq, event_id and feature set of each; the amount they were answered with is 1."""
    frame = pd.DataFrame(answers, columns=["partition", "seq", "event_id", "feature_set"])
    frame["event_time"] = frame["label_time"] = frame["seq"]
    frame["label"], frame["numbers"] = 1.0, np.array([1.0], "<f4").tobytes()
    frame["categories"] = pd.Series([["a"]] * len(frame), dtype=object)
    return frame


def backfilled(store: str, *events: tuple[int, int, str, float]) -> None:
    """Computed amounts of events, by partition, seq and id; all are of kind b."""
    table = FeatureTable(table_uri(store, PIPELINE.name, f"backfill_{SET}"), SET, ["amount"], ["kind"])
    facts = pa.Table.from_pylist(
        [{"partition": one[0], "seq": one[1], "event_id": one[2], "event_time": 0} for one in events], schema=FACTS
    )
    amounts = np.array([[one[3]] for one in events], np.float32)
    table.append("test", table.position("test") + 1, facts, amounts, [pa.array(["b"] * len(events))])


def amounts(found: pd.DataFrame) -> list[float]:
    """Of the rows that may be learnt from."""
    rows = cohort(found, ("amount",), ("kind",), 100, SET)
    return [float(one) for one in rows.inputs["amount"]]


@pytest.fixture
def store(tmp_path: Path) -> str:
    return tmp_path.as_uri()


ANSWERED = outcomes((0, 0, "e0", "old"), (0, 1, "e1", "old"), (0, 2, "e2", SET), (1, 3, "e3", "old"))


def test_without_a_backfill_only_answers_with_the_features_of_now_are_learnt_from(store: str) -> None:
    assert reach_of(store, PIPELINE) == []
    assert amounts(filled(ANSWERED, [], store, PIPELINE)) == [1.0]


def test_older_answers_are_learnt_from_with_the_computed_features(store: str) -> None:
    backfilled(store, (0, 0, "e0", 5.0), (0, 1, "e1", np.nan), (0, 2, "e2", 7.0), (1, 3, "e3", 8.0))
    before = ANSWERED.copy()
    found = filled(ANSWERED, reach_of(store, PIPELINE), store, PIPELINE)
    assert str(amounts(found)) == str([5.0, np.nan, 1.0, 8.0])
    assert [list(one) for one in found["categories"]] == [["b"], ["b"], ["a"], ["b"]]
    assert ANSWERED.equals(before)


def test_what_is_another_event_or_not_there_stays_left_out(store: str) -> None:
    backfilled(store, (0, 0, "another", 5.0), (1, 1, "e1", 6.0), (1, 3, "e3", 8.0))
    assert amounts(filled(ANSWERED, reach_of(store, PIPELINE), store, PIPELINE)) == [1.0, 8.0]


def test_what_comes_to_the_table_later_does_not_count(store: str) -> None:
    backfilled(store, (0, 0, "e0", 5.0))
    reach = reach_of(store, PIPELINE)
    assert reach == [{"partition": 0, "seq": 0}]
    backfilled(store, (0, 1, "e1", 6.0), (1, 3, "e3", 8.0))
    assert amounts(filled(ANSWERED, reach, store, PIPELINE)) == [5.0, 1.0]
    assert amounts(filled(ANSWERED, reach_of(store, PIPELINE), store, PIPELINE)) == [5.0, 6.0, 1.0, 8.0]


def test_features_of_other_definitions_are_in_another_table(store: str) -> None:
    backfilled(store, (0, 0, "e0", 5.0))
    other: Pipeline = pipeline()
    assert reach_of(store, other) == []
