"""A yardstick beside the lake: the same sums whenever, and however often, it begins anew."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.training.yardsticks import Measuring
from tests.learning.test_outcome_rows import outcome
from tests.platform import pipeline_named

DAY = 86_400_000_000
EACH = 100
"""Outcomes of a day in a partition."""
Dataset = dict[str, Any]


def records(pipeline: Pipeline, partition: int, days: int) -> list[Record]:
    """Outcomes of which every fifth is corrected later; a baseline answers for two days, then a model that errs."""
    rng, step = np.random.default_rng(partition), DAY // EACH
    resolved = pipeline.resolved
    made: list[Record] = []
    for seq in range(days * EACH):
        numbers = rng.normal(5, 1, len(resolved.numbers)).astype("<f4")
        label = float(numbers[0] > 5)
        whole = {
            "label_time": (seq + EACH // 2) * step,
            "feature_set": resolved.feature_set,
            "numbers": numbers.tobytes(),
            "categories": ["a"] * len(resolved.categories),
            "model": "v1" if seq >= 2 * EACH else "baseline",
            "score": 0.3 + 0.4 * (1 - label),
        }
        made.append(outcome(partition, len(made), seq, seq * step, label=label, **whole))
        if seq % 5 == 0:
            made.append(outcome(partition, len(made), seq, seq * step, label=1 - label, revision=1, **whole))
    return made


def filled(store: str, pipeline: Pipeline, days: int) -> None:
    """The lake's table of outcomes, of two partitions."""
    uri = table_uri(store, pipeline.name, "outcomes")
    table = AppendOnlyTable(uri, "outcomes", "c/t", RecordColumns(own_schema("driftmill.Outcome")), compact_every=0)
    for partition in (1, 0):
        its = records(pipeline, partition, days)
        table.append(its[:150], {partition: 150})
        table.append(its[150:], {partition: len(its)})


def datasets(pipeline: Pipeline, days: int) -> list[Dataset]:
    """One at the end of each day; the first partition has always matured a little less than the second."""
    return [
        {
            "dataset_id": f"d{day}",
            "clock": day * DAY,
            "feature_set": pipeline.resolved.feature_set,
            "label_policy": "l",
            "rows": 10 * day,
            "positives": 5 * day,
            "censored": 0,
            "matured_time": day * DAY - 1,
            "ranges": [
                {"partition": 0, "from_offset": 0, "to_offset": 2 * day * EACH, "matured_seq": day * EACH - 11},
                {"partition": 1, "from_offset": 0, "to_offset": 2 * day * EACH, "matured_seq": day * EACH - 1},
            ],
        }
        for day in range(1, days + 1)
    ]


def measured(pipeline: Pipeline, store: str, told: Sequence[Dataset], each: int = 100) -> list[dict[str, Any]]:
    """each: so many datasets are there when it looks."""
    measuring = Measuring(pipeline, store)
    return [one for start in range(0, len(told), each) for one in measuring.measured(told[start : start + each])]


PIPELINE = pipeline_named("shop")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    uri = tmp_path_factory.mktemp("store").as_uri()
    filled(uri, PIPELINE, 6)
    return uri


def test_each_dataset_is_measured_by_what_it_brought(store: str) -> None:
    found = measured(PIPELINE, store, datasets(PIPELINE, 6))
    assert [(one["dataset_id"], one["clock"]) for one in found] == [(f"d{day}", day * DAY) for day in range(1, 7)]
    assert {(one["learner"], one["share"]) for one in found} == {("logistic", 1.0)}
    assert [[pair["version"] for pair in one["pairs"]] for one in found] == [[], [], ["v1"], ["v1"], ["v1"], ["v1"]]
    assert 0 < found[1]["learnt"] < found[5]["learnt"] < 12 * EACH
    (last,) = found[5]["pairs"]
    assert 2 * EACH - 25 <= last["rows"] <= 2 * EACH
    assert last["loss"] < 0.2 * last["rows"] < last["other_loss"] == pytest.approx(0.49 * last["rows"])


def test_one_that_begins_anew_comes_to_the_same_and_a_repeat_changes_nothing(store: str) -> None:
    told = datasets(PIPELINE, 6)
    usual = measured(PIPELINE, store, told)
    assert measured(PIPELINE, store, told, each=1) == usual
    assert measured(PIPELINE, store, [told[0], *told[:3], *told[1:]], each=2) == usual
    assert measured(PIPELINE, store, told[:4]) == usual[:4]
