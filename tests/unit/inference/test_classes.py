"""Of several classes an answer has all scores, and the most probable one."""

import numpy as np

from services.inference.domain.classes import told, winning

NAMES = ("cod", "eel", "ray")
SCORES = np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2], [np.nan, 0.5, 0.5]])


def test_the_winner_has_the_greatest_probability_and_none_wins_where_one_is_unknown() -> None:
    assert winning(SCORES)[:2].tolist() == [0.5, 0.4]
    assert np.isnan(winning(SCORES)[2])


def test_each_row_has_its_class_and_all_scores_or_neither() -> None:
    found = dict(told(SCORES, NAMES))
    assert found["decided_class"] == ["eel", "cod", None]
    assert found["scores"] == [[0.2, 0.5, 0.3], [0.4, 0.4, 0.2], []]
