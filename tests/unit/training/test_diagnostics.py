"""Decisions are counted, and scores stand beside what came true."""

import numpy as np
import pytest

from services.training.domain.diagnostics import confusion, reliability
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
