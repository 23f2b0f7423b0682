"""The summary's arithmetic against scikit-learn's and against what is known."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    mean_absolute_error,
    roc_auc_score,
    root_mean_squared_error,
)

from services.cli.demo.quality import (
    DAY,
    MEASURES,
    OF_DECISIONS,
    Difference,
    Scored,
    accuracy,
    average_precision,
    by_period,
    deciles,
    f1,
    mae,
    measured,
    paired_difference,
    rmse,
    roc_auc,
    shown_by,
    weeks,
)
from tests.platform import PAYMENTS, pipeline_named

RNG = np.random.default_rng(3)
LABELS = (RNG.random(2000) < 0.1).astype(np.float64)
# rounded, so that scores repeat
SCORES = np.round(LABELS * 0.3 + RNG.random(2000), 2)


def test_measures_are_those_of_scikit_learn_ties_included() -> None:
    assert measured(average_precision, LABELS, SCORES) == pytest.approx(average_precision_score(LABELS, SCORES))
    assert measured(roc_auc, LABELS, SCORES) == pytest.approx(roc_auc_score(LABELS, SCORES))
    decisions = (SCORES > 0.7).astype(np.float64)
    assert measured(accuracy, LABELS, decisions) == pytest.approx(accuracy_score(LABELS, decisions))
    assert measured(f1, LABELS, decisions) == pytest.approx(f1_score(LABELS, decisions))


@pytest.mark.parametrize("name", MEASURES)
def test_weights_of_blocks_are_repetitions_of_their_rows(name: str) -> None:
    measure, blocks = MEASURES[name], np.arange(2000) // 500
    scores = (SCORES > 0.7).astype(np.float64) if name in OF_DECISIONS else SCORES
    weighted = measure(LABELS, scores, blocks)(np.array([2.0, 0.0, 1.0, 3.0]))
    rows = np.concatenate(
        [np.tile(np.flatnonzero(blocks == block), times) for block, times in ((0, 2), (2, 1), (3, 3))]
    )
    assert weighted == pytest.approx(measured(measure, LABELS[rows], scores[rows]))


def test_without_positives_nothing_is_claimed() -> None:
    assert np.isnan(measured(average_precision, np.zeros(5), np.arange(5.0)))
    assert np.isnan(measured(roc_auc, np.zeros(5), np.arange(5.0)))
    assert np.isnan(measured(f1, np.zeros(5), np.zeros(5)))


def _scored(gain: float, days: int = 40) -> Scored:
    rng = np.random.default_rng(5)
    times = np.sort(rng.integers(0, days * DAY, 8000))
    labels = (rng.random(8000) < 0.1).astype(np.float64)
    noise = rng.random(8000)
    return Scored(times, labels, labels * (0.2 + gain) + noise, labels * 0.2 + rng.random(8000))


def test_a_true_gain_lies_above_zero_and_no_gain_does_not() -> None:
    better, same = (
        paired_difference(_scored(0.4), average_precision),
        paired_difference(_scored(0.0), average_precision),
    )
    assert better.low > 0
    assert same.low < 0 < same.high
    assert better.days == same.days == 40
    assert better.low < better.value < better.high


def test_equal_scores_differ_by_nothing() -> None:
    scored = _scored(0.0)
    same = Scored(scored.times, scored.labels, scored.kept, scored.kept)
    assert paired_difference(same, roc_auc).high == 0.0


def test_periods_hold_every_outcome_once() -> None:
    scored = _scored(0.2)
    for bounds in (weeks(scored.times), deciles(scored.times)):
        periods = by_period(scored, bounds, average_precision)
        assert sum(period.rows for period in periods) == len(scored)
        assert sum(period.positives for period in periods) == scored.labels.sum()
    assert len(deciles(scored.times)) == 10
    assert weeks(scored.times)[0] == (0, 7 * DAY)


def test_errors_are_those_of_scikit_learn() -> None:
    assert measured(mae, LABELS, SCORES) == pytest.approx(mean_absolute_error(LABELS, SCORES))
    assert measured(rmse, LABELS, SCORES) == pytest.approx(root_mean_squared_error(LABELS, SCORES))


@pytest.mark.parametrize(("measure", "better"), [("mae", False), ("roc_auc", True)])
def test_the_loop_is_better_where_its_measure_says_so(measure: str, better: bool) -> None:
    assert Difference(2.0, 1.0, 3.0, 9).is_better(measure) is better
    assert Difference(-2.0, -3.0, -1.0, 9).is_better(measure) is not better
    assert not Difference(0.0, -1.0, 1.0, 9).is_better(measure)


def test_a_demo_shows_a_measure_of_the_pipeline_s_kind() -> None:
    assert shown_by(pipeline_named("payments", PAYMENTS)) == "average_precision"
    assert shown_by(pipeline_named("bikes", PAYMENTS.parent / "bikes")) == "mae"
    assert shown_by(pipeline_named("small")) == "roc_auc"
