"""Boosting learns from rare positives, and its scores stay probabilities among all rows."""

from functools import cache

import numpy as np
import pytest

from services.training.domain.cohort import Floats, Rows
from services.training.domain.learner import Configuration, Fitted, fit
from services.training.domain.metric import value
from services.training.domain.rarity import restore_odds, thinned
from tests.unit.training.fitted import SMALL
from tests.unit.training.rows import made_rows, rare_rows

KEEP = 20


@cache
def learnt(keep: int | None) -> Fitted:
    settings = (("max_iter", 40), ("max_leaf_nodes", 15))
    return fit(Configuration("hist_boosting", settings, keep), rare_rows(3), 0)


@cache
def unseen() -> Rows:
    return rare_rows(4)


def scores(keep: int | None) -> Floats:
    return learnt(keep).scores(unseen().inputs)


def places(some: Rows) -> list[int]:
    found: list[int] = some.inputs.index.tolist()
    return found


def test_negatives_are_thinned_to_so_many_a_positive_and_positives_are_all_kept() -> None:
    rows = rare_rows(3)
    left, share = thinned(rows, KEEP, seed=3)
    assert set(np.flatnonzero(rows.label == 1)) <= set(places(left))
    assert len(left) == (KEEP + 1) * rows.positives
    assert share == pytest.approx(KEEP * rows.positives / (len(rows) - rows.positives))


def test_rows_keep_their_order_and_what_belongs_to_them() -> None:
    rows = rare_rows(3)
    left, _ = thinned(rows, KEEP, seed=3)
    again = rows.take(np.array(sorted(places(left))))
    assert left.inputs.equals(again.inputs)
    for name in ("event_time", "label_time", "label"):
        assert (getattr(left, name) == getattr(again, name)).all()


def test_negatives_of_all_times_are_left_alike() -> None:
    rows = rare_rows(3)
    left, share = thinned(rows, KEEP, seed=3)
    weeks = [np.bincount(some.blocks(7 * 86_400_000_000)[some.label == 0]) for some in (left, rows)]
    assert np.abs(weeks[0] / weeks[1] / share - 1).max() < 0.2


def test_the_same_seed_leaves_the_same_rows_and_another_seed_others() -> None:
    rows = rare_rows(3)
    first, again, other = (places(thinned(rows, KEEP, seed)[0]) for seed in (3, 3, 4))
    assert first == again != other


@pytest.mark.parametrize("keep", [KEEP, None])
def test_rows_with_enough_positives_are_left_alone(keep: int | None) -> None:
    rows = made_rows(days=5)
    assert thinned(rows, keep, seed=3) == (rows, 1.0)


def test_no_number_leaves_rare_positives_among_all_negatives() -> None:
    rows = rare_rows(3)
    assert thinned(rows, None, seed=3) == (rows, 1.0)


def test_a_learner_says_which_share_of_the_negatives_it_learnt_from() -> None:
    rows = rare_rows(3)
    assert learnt(KEEP).share_of_negatives == thinned(rows, KEEP, seed=0)[1] < 0.2
    assert learnt(None).share_of_negatives == 1


def test_enough_positives_give_the_model_that_all_negatives_give() -> None:
    rows, small = made_rows(days=5), SMALL["hist_boosting"]
    few = fit(Configuration(small.family, small.settings, KEEP), rows, 0)
    assert (few.scores(rows.inputs) == fit(small, rows, 0).scores(rows.inputs)).all()


def test_odds_are_multiplied_by_the_share_of_negatives() -> None:
    rows = made_rows(days=5)
    fitted = fit(SMALL["hist_boosting"], rows, 0)
    before = fitted.scores(rows.inputs)
    restore_odds(fitted.pipeline[-1], 0.1)
    after = fitted.scores(rows.inputs)
    assert after / (1 - after) == pytest.approx(0.1 * before / (1 - before), rel=1e-9)


def test_scores_are_probabilities_among_all_rows() -> None:
    assert scores(KEEP).mean() == pytest.approx(unseen().label.mean(), rel=0.2)
    likely = scores(KEEP) > 0.1
    assert scores(KEEP)[likely].mean() == pytest.approx(unseen().label[likely].mean(), rel=0.2)


def test_rare_positives_are_ranked_better_than_from_all_negatives() -> None:
    few, all_of_them = (value("average_precision", unseen().label, scores(keep)) for keep in (KEEP, None))
    assert few > 1.3 * all_of_them
