"""What wrong decisions cost is what the file says, row by row."""

from dataclasses import replace

import numpy as np
import pytest

from services.contracts.pipeline.model import Cost
from services.training.domain.cohort import Costs
from services.training.domain.cost import priced
from services.training.domain.decision import decision_threshold
from services.training.domain.metric import value
from tests.unit.training.rows import made_rows


def test_numbers_are_the_same_for_all_rows() -> None:
    costs = priced(made_rows(), Cost(missed=10, false_alarm=0.5)).costs
    assert costs is not None
    assert (set(costs.missed.tolist()), set(costs.false_alarm.tolist())) == ({10.0}, {0.5})


def test_an_expression_is_taken_row_by_row_and_is_nothing_where_it_is_missing_or_negative() -> None:
    rows = made_rows()
    amount = np.nan_to_num(rows.inputs["amount"].to_numpy(np.float64))
    costs = priced(rows, Cost(missed="amount * 2", false_alarm=1)).costs
    assert costs is not None
    assert costs.missed == pytest.approx(np.maximum(2 * amount, 0))
    some = priced(rows, Cost(missed="amount * 2", false_alarm=1)).take(np.arange(5)).costs
    assert some is not None
    assert (some.missed == costs.missed[:5]).all()


def test_the_cost_is_that_of_wrong_decisions_for_each_row() -> None:
    label, scores = np.array([1, 1, 0, 0], np.int8), np.array([0.9, 0.1, 0.8, 0.2])
    costs = Costs(np.array([5.0, 7.0, 1.0, 1.0]), np.array([1.0, 1.0, 3.0, 9.0]))
    assert value("cost", label, scores, 0.5, costs) == (7 + 3) / 4
    with pytest.raises(KeyError):
        value("cost", label, scores)


@pytest.mark.parametrize("seed", range(6))
def test_no_other_threshold_costs_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random(200), 2)
    label = (rng.random(200) < scores**2).astype(np.int8)
    costs = Costs(rng.gamma(1.0, 10.0, 200), rng.gamma(1.0, 2.0, 200))
    chosen = value("cost", label, scores, decision_threshold("roc_auc", label, scores, costs), costs)
    assert chosen == pytest.approx(min(value("cost", label, scores, one, costs) for one in np.linspace(0, 1.01, 102)))


def test_a_dear_miss_lowers_the_threshold_and_a_dear_alarm_raises_it() -> None:
    rows = made_rows()
    scores = 1 / (1 + np.exp(-np.nan_to_num(rows.inputs.iloc[:, 0].to_numpy(np.float64))))
    thresholds = [
        decision_threshold("roc_auc", rows.label, scores, priced(rows, Cost(missed=missed, false_alarm=1)).costs)
        for missed in (0.2, 1, 5)
    ]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] > thresholds[2] + 0.3


def test_where_no_positive_is_worth_it_none_is_decided() -> None:
    rows = made_rows()
    scores = np.linspace(0, 0.7, len(rows))
    threshold = decision_threshold("roc_auc", rows.label, scores, priced(rows, Cost(missed=0, false_alarm=1)).costs)
    assert not (scores >= threshold).any()
    assert np.isfinite(threshold)


def test_without_costs_nothing_changes() -> None:
    rows = made_rows()
    assert rows.costs is None
    assert rows.take(np.arange(3)).costs is None
    assert replace(rows, costs=None).costs is None
