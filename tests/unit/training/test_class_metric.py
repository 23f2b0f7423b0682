"""Measures of several classes agree with scikit-learn's, and a block that counts twice is as having its rows twice."""

import numpy as np
import pytest
from sklearn import metrics

from services.contracts.pipeline.metric import OF_SEVERAL
from services.training.domain.class_metric import decided
from services.training.domain.metric import losses, prepare, value

RNG = np.random.default_rng(3)
LABEL = RNG.choice(4, 500, p=(0.5, 0.3, 0.15, 0.05)).astype(np.int8)
_ODDS = RNG.normal(size=(500, 4)) + 1.5 * np.eye(4)[LABEL]
SCORE = np.exp(_ODDS) / np.exp(_ODDS).sum(axis=1, keepdims=True)
DECIDED = SCORE.argmax(axis=1)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("accuracy", metrics.accuracy_score(LABEL, DECIDED)),
        ("balanced_accuracy", metrics.balanced_accuracy_score(LABEL, DECIDED)),
        ("log_loss", metrics.log_loss(LABEL, SCORE)),
        ("macro_f1", metrics.f1_score(LABEL, DECIDED, average="macro")),
    ],
)
def test_agrees_with_scikit_learn(metric: str, expected: float) -> None:
    assert value(metric, LABEL, SCORE) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", sorted(OF_SEVERAL))
def test_a_block_that_counts_twice_is_as_its_rows_twice(metric: str) -> None:
    blocks = np.arange(500) // 100
    counts = np.array([1.0, 0.0, 2.0, 1.0, 1.0])
    rows = np.repeat(np.arange(500), counts[blocks].astype(int))
    measured = prepare(metric, LABEL, SCORE, np.nan, blocks)(counts[None, :])[0]
    assert measured == pytest.approx(value(metric, LABEL[rows], SCORE[rows]), abs=1e-12)


def test_a_rare_class_counts_as_much_as_another() -> None:
    """Who always decides the commonest is right in most rows, and in one class of four."""
    always = np.eye(4)[np.zeros(500, int)]
    assert value("accuracy", LABEL, always) == pytest.approx((LABEL == 0).mean())
    assert value("balanced_accuracy", LABEL, always) == 0.25


def test_a_class_without_rows_is_left_out() -> None:
    some = LABEL < 3
    per_class = metrics.recall_score(LABEL[some], DECIDED[some], average=None, labels=[0, 1, 2])
    assert value("balanced_accuracy", LABEL[some], SCORE[some]) == pytest.approx(per_class.mean())


def test_of_classes_alike_the_first_is_decided() -> None:
    assert decided(np.array([[0.4, 0.4, 0.2], [0.1, 0.45, 0.45]])).tolist() == [0, 1]


def test_what_a_row_loses_is_the_surprise_at_its_class() -> None:
    assert losses(LABEL, SCORE, False).mean() == pytest.approx(metrics.log_loss(LABEL, SCORE))


def test_measures_of_one_class_are_none_of_several() -> None:
    with pytest.raises(KeyError):
        value("roc_auc", LABEL, SCORE)
