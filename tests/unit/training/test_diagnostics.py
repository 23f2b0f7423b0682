"""Decisions are counted, and scores stand beside what came true."""

import numpy as np
import pytest

from services.contracts.pipeline.learning_task import ANOMALY, BINARY, REGRESSION
from services.training.domain.diagnostics import by_tenths, confusion, diagnosed, reliability, residuals
from services.training.domain.interval import Answers
from services.training.domain.metric import value

RNG = np.random.default_rng(1)
LABEL = (RNG.random(400) < 0.3).astype(np.int8)
SCORE = RNG.random(400)


def test_decisions_are_counted_by_what_was_true() -> None:
    label, score = np.array([1, 1, 0, 0, 0], np.int8), np.array([0.5, 0.4, 0.6, 0.1, 0.2])
    assert confusion(label, Answers(score, 0.5)) == {
        "true_positives": 1,
        "false_positives": 1,
        "false_negatives": 1,
        "true_negatives": 2,
    }


def test_the_gaps_of_the_bins_make_the_calibration_error() -> None:
    bins = reliability(LABEL, Answers(SCORE, 0.5))
    assert [one["bin"] for one in bins] == list(range(10))
    gaps = [one["rows"] * abs(one["score"] - one["positive_rate"]) for one in bins]
    assert sum(gaps) / len(LABEL) == pytest.approx(value("calibration_error", LABEL, SCORE))


def test_bins_without_rows_are_left_out() -> None:
    (one,) = reliability(LABEL, Answers(np.full(400, 1.0), 0.5))
    assert (one["bin"], one["rows"], one["score"]) == (9, 400, 1.0)
    assert one["positive_rate"] == pytest.approx(LABEL.mean())


NUMBERS = RNG.normal(50, 20, 403)
ANSWERS = Answers(NUMBERS + RNG.normal(3, 5, 403), np.nan)


def test_a_model_that_answers_too_much_has_residuals_below_zero() -> None:
    found = residuals(NUMBERS, ANSWERS)
    assert found["mean"] == pytest.approx(-3, abs=1)
    assert list(found) == ["mean", "p05", "p25", "p50", "p75", "p95"]
    assert found["p95"] - found["p05"] == pytest.approx(2 * 1.645 * 5, rel=0.2)


def test_tenths_by_score_hold_every_row_once() -> None:
    found = by_tenths(NUMBERS, ANSWERS)
    assert [one["rows"] for one in found] == [41, 41, 41, *[40] * 7]
    total = sum(one["rows"] * one["mae"] for one in found)
    assert total / 403 == pytest.approx(value("mae", NUMBERS, ANSWERS.score))
    assert [one["bin"] for one in by_tenths(NUMBERS[:3], ANSWERS.take(np.arange(3)))] == [0, 1, 2]


def test_each_task_is_told_of_by_what_it_has() -> None:
    assert set(diagnosed(BINARY, LABEL, Answers(SCORE, 0.5))) == {"confusion", "reliability"}
    assert set(diagnosed(REGRESSION, NUMBERS, ANSWERS)) == {"reliability", "residuals"}


def test_without_labels_scores_stand_alone_and_are_those_of_the_rows_as_they_came() -> None:
    found = diagnosed(ANOMALY, LABEL, Answers(SCORE, 0.5))
    assert sum(found["confusion"].values()) == len(LABEL)
    assert sum(one["rows"] for one in found["reliability"]) == (LABEL == 0).sum()
    assert {name for one in found["reliability"] for name in one} == {"bin", "rows", "score"}
