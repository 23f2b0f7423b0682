"""From which score a row is decided positive."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from services.training.domain.cohort import Costs
from services.training.domain.decision import alert_threshold, decision_threshold
from services.training.domain.metric import value

LABEL = np.array([0, 0, 1, 0, 1, 1], np.int8)
SCORE = np.array([0.1, 0.3, 0.3, 0.2, 0.8, 0.35])


def test_probabilities_and_right_decisions_are_cut_at_even_odds() -> None:
    assert decision_threshold("accuracy", LABEL, SCORE) == 0.5
    assert decision_threshold("log_loss", LABEL, SCORE) == 0.5


def test_rankings_are_cut_where_f1_is_greatest() -> None:
    found = decision_threshold("roc_auc", LABEL, SCORE)
    best = max(float(f1_score(LABEL, cut <= SCORE)) for cut in SCORE)
    assert f1_score(LABEL, found <= SCORE) == best


def test_without_positives_it_is_even_odds() -> None:
    assert decision_threshold("roc_auc", np.zeros(6, np.int8), SCORE) == 0.5


CHANCE = np.random.default_rng(1)
MANY = np.round(CHANCE.random(300), 2)
TRUE = (CHANCE.random(300) < MANY**2).astype(np.int8)
COSTS = Costs(CHANCE.gamma(1.0, 10.0, 300), CHANCE.gamma(1.0, 2.0, 300))


def allowed(most: float) -> list[float]:
    """Thresholds at which no more are decided positive."""
    return [float(one) for one in np.linspace(0, 1.01, 102) if (one <= MANY).sum() <= most]


@pytest.mark.parametrize("most", [0, 0.5, 10.9, 50, 299, 300])
@pytest.mark.parametrize(("optimise", "costs"), [("roc_auc", COSTS), ("accuracy", COSTS), ("roc_auc", None)])
def test_no_other_threshold_within_a_budget_is_better(optimise: str, costs: Costs | None, most: float) -> None:
    found = decision_threshold(optimise, TRUE, MANY, costs, most)
    assert (found <= MANY).sum() <= most
    sign = -1.0 if costs else 1.0
    metric = "cost" if costs else "f1"
    best = max(sign * np.nan_to_num(value(metric, TRUE, MANY, one, costs)) for one in allowed(most))
    assert sign * np.nan_to_num(value(metric, TRUE, MANY, found, costs)) == pytest.approx(best)


def test_even_odds_hold_unless_the_budget_is_smaller() -> None:
    half = int((MANY >= 0.5).sum())
    assert decision_threshold("accuracy", TRUE, MANY, None, half) == 0.5
    fewer = decision_threshold("accuracy", TRUE, MANY, None, half - 1)
    assert fewer == MANY[MANY > 0.5].min()
    assert not (decision_threshold("accuracy", TRUE, MANY, None, 0) <= MANY).any()


def test_scores_that_are_equal_are_decided_alike() -> None:
    same = np.array([0.9, 0.9, 0.9, 0.1])
    found = decision_threshold("roc_auc", np.array([1, 1, 0, 0], np.int8), same, None, 2)
    assert not (same >= found).any()


@pytest.mark.parametrize(("most", "decided"), [(2, 2), (2.9, 2), (3, 3), (0.9, 0)])
def test_a_part_of_a_row_is_not_decided(most: float, decided: int) -> None:
    all_true = np.ones(len(SCORE), np.int8)
    rising = np.linspace(0.1, 0.6, len(SCORE))
    assert (decision_threshold("roc_auc", all_true, rising, None, most) <= rising).sum() == decided


@pytest.mark.parametrize(("rate", "flagged"), [(0.1, 10), (0.015, 1), (0.001, 0), (1e-9, 0)])
def test_no_more_of_the_clean_rows_are_flagged_than_may_be(rate: float, flagged: int) -> None:
    rng = np.random.default_rng(0)
    clean, unusual = rng.random(100), 1 + rng.random(30)
    label, scores = np.repeat([0, 1], (100, 30)), np.concatenate([clean, unusual])
    threshold = alert_threshold(label, scores, rate)
    assert (clean >= threshold).sum() == flagged
    assert (unusual >= threshold).all()


def test_equal_scores_are_flagged_together_or_not_at_all() -> None:
    threshold = alert_threshold(np.zeros(100, np.int8), np.full(100, 0.4), 0.1)
    assert np.nextafter(0.4, 1) == threshold
