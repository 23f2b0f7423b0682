"""Outcomes as an online learner meets them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from services.contracts.pipeline.learning_task import BINARY, MULTICLASS, REGRESSION, LearningTask
from services.training.domain.matured import BUCKETS, MOST, Contract, Matured, losses, matured, reached, share_of
from tests.unit.training.outcomes import outcome as plain

CONTRACT = Contract(("a", "b"), ("country", "mcc"), ("b", "mcc"), "f")
DAY = 86_400_000_000


def outcome(**changed: Any) -> dict[str, Any]:
    answered = {"score": 0.25, "model": "v3.p2", "decided_class": None, "label_class": None}
    return plain(**{"categories": ["DE", "5411"], **answered, **changed})


def taken(*outcomes: dict[str, Any], task: LearningTask = BINARY) -> list[Matured]:
    return list(matured(pd.DataFrame(list(outcomes)), CONTRACT, task))


def test_an_outcome_has_the_inputs_that_are_learnt_from_and_what_its_answer_lost() -> None:
    (one,) = taken(outcome())
    assert (one.event_time, one.known_at, one.label, one.version, one.weight) == (100, 200, 1, "v3", 1)
    assert np.isnan(one.numbers.tolist()).tolist() == [True]
    assert len(one.categories) == 1
    assert 0 <= one.categories[0] < BUCKETS
    assert one.loss == pytest.approx(0.5625)


def test_they_come_by_event_time_partition_and_seq_without_those_that_teach_nothing() -> None:
    found = taken(
        outcome(event_time=300, seq=4),
        outcome(event_time=200, seq=9, partition=1),
        outcome(event_time=200, seq=3, label_time=900),
        outcome(label=np.nan),
        outcome(feature_set="older"),
        outcome(numbers=b"", categories=[]),
    )
    assert [(one.event_time, one.known_at) for one in found] == [(200, 900), (200, 200), (300, 200)]
    assert taken(outcome(label=np.nan)) == []


def test_a_baseline_is_no_model_and_a_failed_answer_lost_nothing_that_is_known() -> None:
    baseline, failed = taken(outcome(model="baseline"), outcome(seq=2, score=np.nan))
    assert (baseline.version, failed.version) == ("", "v3")
    assert np.isnan(failed.loss)


def test_one_that_was_left_alone_stands_for_others() -> None:
    assert [one.weight for one in taken(outcome(propensity=0.01), outcome(seq=2, propensity=np.nan))] == [100, 1]


def test_losses_are_those_of_the_task() -> None:
    numbers = pd.DataFrame([outcome(label=5.0, score=7.5), outcome(label=5.0, score=np.nan)])
    np.testing.assert_array_equal(losses(numbers, REGRESSION), [2.5, np.nan])
    classes = [outcome(label_class="x", decided_class=decided) for decided in ("x", "y", None)]
    np.testing.assert_array_equal(losses(pd.DataFrame(classes), MULTICLASS), [0.0, 1.0, np.nan])


def test_of_more_than_can_be_taken_in_a_share_is() -> None:
    ranges = [{"partition": 0, "matured_seq": MOST - 1}, {"partition": 1, "matured_seq": -1}]
    assert reached({"ranges": ranges}) == {0: MOST - 1, 1: -1}
    assert share_of({"ranges": ranges}, {}, DAY) == 1.0
    ranges[1] = {"partition": 1, "matured_seq": 3 * MOST - 1}
    assert share_of({"ranges": ranges}, {}, DAY) == pytest.approx(0.25)
    assert share_of({"ranges": ranges}, {}, 2 * DAY) == pytest.approx(0.5)
    assert share_of({"ranges": ranges}, {0: MOST - 1, 1: MOST - 1}, DAY) == pytest.approx(0.5)
    assert share_of({"ranges": ranges}, reached({"ranges": ranges}), DAY) == 1.0
