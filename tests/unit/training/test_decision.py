"""From which score a row is decided positive."""

import numpy as np
from sklearn.metrics import f1_score

from services.training.domain.decision import decision_threshold

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
