"""Scores of a batch in lots, row by row where a row fails."""

import numpy as np

from services.contracts.pipeline import Layout
from services.inference.domain.scoring import Lot, score
from tests.unit.inference.scene import vectors
from tests.unit.inference.test_step import Amounts
from tests.unit.inference.test_step_classes import Thirds


def lot(places: list[int], *amounts: float, foreign: Layout | None = None) -> Lot:
    return Lot(np.array(places), vectors(*amounts), foreign)


def test_scores_stand_where_their_rows_do() -> None:
    scores, whys = score(Amounts(), [lot([0, 3], 0.25, 0.5), lot([1], 0.75)], 4)
    assert np.array_equal(scores, [0.25, 0.75, np.nan, 0.5], equal_nan=True)
    assert whys == {}


def test_a_row_that_fails_fails_alone_and_says_where_it_stands() -> None:
    scores, whys = score(Amounts(beyond=[9.0], odd={7.0: np.inf}), [lot([1, 2, 4], 0.25, 9.0, 7.0)], 5)
    assert whys == {2: "v1: ValueError: beyond what was learnt"}
    assert np.array_equal(scores, [np.nan, 0.25, np.nan, np.nan, np.inf], equal_nan=True)


def test_of_several_classes_a_row_has_the_scores_of_all_or_of_none() -> None:
    scores, whys = score(Thirds(beyond=[9.0]), [lot([0, 2], 0.5, 9.0)], 3)
    assert scores.shape == (3, 3)
    assert np.isfinite(scores).all(axis=1).tolist() == [True, False, False]
    assert whys.keys() == {2}


def test_a_layout_without_what_the_model_reads_is_not_scored() -> None:
    foreign, scorer = Layout(("amount",), (), {"amount": "a"}), Amounts(reads={"age": "b"})
    _, whys = score(scorer, [lot([1], 0.25, foreign=foreign), lot([0], 0.5)], 2)
    assert whys == {1: f"v1 reads what set {foreign.feature_set} doesn't have: age (not there)"}
    assert scorer.seen == [1]
