"""Measures agree with scikit-learn's, and counting a block twice is the same as having its rows twice."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from services.training.domain.metric import METRICS, prepare, value

RNG = np.random.default_rng(1)
LABEL = (RNG.random(400) < 0.3).astype(np.int8)
SCORE = np.clip(np.round(LABEL * 0.2 + RNG.random(400) * 0.8, 2), 0.01, 0.99)
THRESHOLD = 0.45
DECIDED = SCORE >= THRESHOLD


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("accuracy", metrics.accuracy_score(LABEL, DECIDED)),
        ("average_precision", metrics.average_precision_score(LABEL, SCORE)),
        ("brier", metrics.brier_score_loss(LABEL, SCORE)),
        ("f1", metrics.f1_score(LABEL, DECIDED)),
        ("log_loss", metrics.log_loss(LABEL, SCORE)),
        ("precision", metrics.precision_score(LABEL, DECIDED)),
        ("recall", metrics.recall_score(LABEL, DECIDED)),
        ("roc_auc", metrics.roc_auc_score(LABEL, SCORE)),
    ],
)
def test_agrees_with_scikit_learn(metric: str, expected: float) -> None:
    assert value(metric, LABEL, SCORE, THRESHOLD) == pytest.approx(expected, abs=1e-12)


NUMBERS = RNG.normal(1e6, 40.0, 400)
PREDICTED = NUMBERS + RNG.normal(0, 20.0, 400)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("mae", metrics.mean_absolute_error(NUMBERS, PREDICTED)),
        ("rmse", metrics.root_mean_squared_error(NUMBERS, PREDICTED)),
        ("r2", metrics.r2_score(NUMBERS, PREDICTED)),
    ],
)
def test_measures_of_numbers_agree_with_scikit_learn(metric: str, expected: float) -> None:
    assert value(metric, NUMBERS, PREDICTED) == pytest.approx(expected, rel=1e-9)


def test_of_numbers_that_do_not_differ_no_variance_is_explained() -> None:
    assert np.isnan(value("r2", np.full(9, 3.0), np.arange(9.0)))


def test_calibration_error_is_the_mean_gap_of_ten_bins() -> None:
    label = np.array([0, 1, 1, 1], np.int8)
    score = np.array([0.25, 0.25, 0.85, 1.0])
    assert value("calibration_error", label, score) == pytest.approx((0.5 + 0.15 + 0.0) / 4)


@pytest.mark.parametrize("metric", METRICS)
def test_counting_blocks_is_repeating_their_rows(metric: str) -> None:
    blocks: NDArray[np.intp] = np.arange(400) // 80
    counts = np.array([1.0, 0.0, 2.0, 1.0, 1.0])
    repeated = np.repeat(np.arange(400), counts[blocks].astype(int))
    found = prepare(metric, LABEL, SCORE, THRESHOLD, blocks)(counts[None])
    assert found[0] == pytest.approx(value(metric, LABEL[repeated], SCORE[repeated], THRESHOLD), abs=1e-12)


@pytest.mark.parametrize("metric", ["roc_auc", "recall", "average_precision"])
def test_without_a_positive_a_measure_of_positives_is_not_defined(metric: str) -> None:
    assert np.isnan(value(metric, np.zeros(3, np.int8), np.array([0.1, 0.2, 0.3])))


def test_an_unknown_measure_is_an_error() -> None:
    with pytest.raises(KeyError):
        value("beauty", LABEL, SCORE)


def test_the_alert_rate_is_of_clean_rows_alone() -> None:
    clean = LABEL == 0
    assert value("alert_rate", LABEL, SCORE, THRESHOLD) == pytest.approx(DECIDED[clean].mean())
    assert np.isnan(value("alert_rate", np.ones(3, np.int8), SCORE[:3], THRESHOLD))
