"""An online learner beside a champion, from outcome to alert: told of where the truth has changed, and only there."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from services.contracts.pipeline.learning_task import BINARY
from services.monitoring.domain.alert import Fact, Raised
from services.monitoring.domain.reference import Model
from services.monitoring.domain.yardstick import DAY, Yardsticks
from services.training.domain.matured import Matured
from services.training.domain.yardstick import Yardstick

DAYS, EACH, TRAINED, DELAY = 50, 60, 15, 2 * DAY


def told(seed: int, change: int = DAYS) -> list[Fact]:
    """What is told of a champion that learnt from the first days. change: day on which the truth turns round."""
    rng = np.random.default_rng(seed)
    rows = DAYS * EACH
    inputs: NDArray[np.float64] = rng.normal(0, 1, (rows, 3))
    sign = np.where(np.arange(rows) < change * EACH, 1.0, -1.0)
    chance = 1 / (1 + np.exp(-sign * (1.5 * inputs[:, 0] - inputs[:, 1])))
    label = (rng.random(rows) < chance).astype(np.float64)
    known = TRAINED * EACH
    champion = LogisticRegression().fit(inputs[:known], label[:known])
    loss = (champion.predict_proba(inputs)[:, 1] - label) ** 2
    learner, watch = Yardstick(BINARY, ("a", "b", "c"), ()), Yardsticks("story")
    watch.adopt(Model("v1", 1, TRAINED * DAY, loss=float(loss[:known].mean())))
    facts: list[Fact] = []
    for day in range(DAYS):
        version = "v1" if day >= TRAINED else ""
        lot = []
        for place in range(day * EACH, (day + 1) * EACH):
            time, numbers = place * DAY // EACH, inputs[place].astype(np.float32)
            lot.append(Matured(time, time + DELAY, numbers, (), label[place], version, float(loss[place]), 1))
        sums = [{"version": of} | one._asdict() for of, one in learner.take(lot).items()]
        facts += watch.update({"clock": (day + 1) * DAY, "learner": learner.name, "pairs": sums})
    return facts


@pytest.mark.parametrize("seed", range(6))
def test_where_nothing_changes_nothing_is_told(seed: int) -> None:
    assert told(seed) == []


@pytest.mark.parametrize("seed", range(2))
def test_where_the_truth_has_turned_round_one_alert_is_raised(seed: int) -> None:
    (alert,) = told(seed, change=20)
    assert isinstance(alert, Raised)
    assert 20 * DAY < alert.clock < 45 * DAY
