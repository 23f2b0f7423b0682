"""Frauds that lie where payments are blocked: what the outcomes that are left teach, and how it is measured.

Seeded rows of 60 days; one payment in fifty is blocked, and three of four of these would have been fraud.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from services.training.domain.cohort import Floats, Rows, cohort
from services.training.domain.evaluation import Evaluation, evaluate
from services.training.domain.learner import Fitted, configurations, fit
from services.training.domain.measurement import Wanted
from services.training.domain.metric import value
from tests.unit.training.rows import DAY, HOUR, made_task

EXPLORED = 0.1
BLOCKED_FROM = 2.0
ROWS = 12_000


@dataclass(frozen=True)
class World:
    """Payments with the truth that nobody knows of all of them."""

    time: NDArray[np.int64]
    inputs: NDArray[np.float32]
    fraud: Floats

    @property
    def blocked(self) -> NDArray[np.bool_]:
        return np.asarray(self.inputs[:, 0] > BLOCKED_FROM)

    @property
    def columns(self) -> pd.DataFrame:
        return pd.DataFrame({"amount": self.inputs[:, 0], "speed": self.inputs[:, 1]})


@cache
def world(seed: int) -> World:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(ROWS, 2)).astype("<f4")
    odds = 0.02 + 0.75 * (inputs[:, 0] > BLOCKED_FROM) + 0.1 * (inputs[:, 1] > 1)
    return World(np.sort(rng.integers(0, 60 * DAY, ROWS)), inputs, (rng.random(ROWS) < odds).astype(float))


@cache
def rows_of(seed: int, explore: float) -> Rows:
    """What may be learnt from: a share of what would have been blocked isn't, and its truth is seen."""
    of = world(seed)
    spared = np.random.default_rng(seed).random(ROWS) < explore
    outcomes = {
        "partition": 0,
        "seq": np.arange(ROWS),
        "event_time": of.time,
        "label_time": of.time + HOUR,
        "status": np.where(of.blocked & ~spared, "censored", "on_time"),
        "label": np.where(of.blocked & ~spared, np.nan, of.fraud),
        "propensity": np.where(of.blocked & spared, explore or 1.0, 1.0),
        "feature_set": "f",
        "numbers": [row.tobytes() for row in of.inputs],
        "categories": [()] * ROWS,
    }
    return cohort(pd.DataFrame(outcomes), ("amount", "speed"), (), 60 * DAY + HOUR, "f")


def test_what_was_blocked_is_no_row_and_what_was_spared_stands_for_it() -> None:
    without, explored = rows_of(0, 0.0), rows_of(0, EXPLORED)
    assert without.weight is None
    assert without.standing(np.arange(5)).tolist() == [0, 1, 2, 3, 4]
    assert len(without) == ROWS - world(0).blocked.sum()
    assert explored.weight is not None
    assert set(explored.weight.tolist()) == {1, 10}
    assert len(explored.standing(np.arange(len(explored)))) == pytest.approx(ROWS, rel=0.03)


@cache
def boosted() -> dict[float, Fitted]:
    """Models without and with explored rows."""
    (configuration, *_) = configurations(("hist_boosting",), None)
    return {explore: fit(configuration, rows_of(0, explore), 3) for explore in (0.0, EXPLORED)}


@pytest.mark.parametrize(("metric", "least"), [("recall", 0.08), ("accuracy", 0.008), ("brier", 0.005)])
def test_quality_is_estimated_without_bias_by_what_was_spared_and_not_by_what_is_left(
    metric: str, least: float
) -> None:
    """A score that knows nothing of the amounts: `least` is how far off it is without exploring, on average."""
    off: dict[float, list[float]] = {0.0: [], EXPLORED: []}
    for seed in range(12):
        of = world(seed)
        score = np.where(of.inputs[:, 1] > 1, 0.6, 0.2)
        truth = value(metric, of.fraud.astype(np.int8), score)
        for explore, found in off.items():
            rows = rows_of(seed, explore)
            its = rows.take(rows.standing(np.arange(len(rows))))
            found.append(value(metric, its.label, np.where(its.inputs["speed"] > 1, 0.6, 0.2)) - truth)
    assert abs(np.mean(off[0.0])) > least
    error = np.std(off[EXPLORED], ddof=1) / np.sqrt(12)
    assert abs(np.mean(off[EXPLORED])) < min(3 * error, least / 3)


def test_a_model_of_what_is_left_lets_frauds_through_and_one_of_explored_rows_does_not() -> None:
    """Models that take over from the one that blocks, and may block as many: how many of the frauds do they catch?"""
    fresh, caught = world(1), {}
    for explore, model in boosted().items():
        blocked = np.argsort(-model.scores(fresh.columns), kind="stable")[: fresh.blocked.sum()]
        caught[explore] = fresh.fraud[blocked].sum() / fresh.fraud[fresh.blocked].sum()
    assert caught[0.0] < 0.5
    assert caught[EXPLORED] > 0.8


def test_scores_are_probabilities_among_all_events_though_few_of_those_acted_on_were_seen() -> None:
    fresh = world(1)
    mean = {explore: model.scores(fresh.columns).mean() / fresh.fraud.mean() for explore, model in boosted().items()}
    assert mean[EXPLORED] == pytest.approx(1, rel=0.1)
    assert mean[0.0] < 0.75


def test_the_gate_is_told_of_measures_that_the_model_has() -> None:
    of = world(2)
    off = {}
    for explore in (0.0, EXPLORED):
        rows, task = rows_of(2, explore), made_task()
        task = replace(task, wanted=(*task.wanted, Wanted("log_loss", 0.95, DAY)))
        found = evaluate(rows, task, np.full(len(rows), 0.04), None)
        assert isinstance(found, Evaluation)
        held = of.time >= found.split.holdout_from
        score = found.evaluated.scores(of.columns[held])
        truth = value("log_loss", of.fraud[held].astype(np.int8), score)
        told = next(one.estimate for one in found.measured.findings if one.wanted.metric == "log_loss")
        off[explore] = (told.value - truth) / truth
    assert off[0.0] < -0.2
    assert abs(off[EXPLORED]) < 0.1
