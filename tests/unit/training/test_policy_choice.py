"""A policy is chosen on rows that its model hasn't seen, and measured on the newest of them beside the one before."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.contracts.pipeline.model import Cost
from services.contracts.pipeline.units import Rate
from services.training.domain.cohort import Rows
from services.training.domain.cost import priced
from services.training.domain.interval import Answers
from services.training.domain.measurement import Champion, Wanted
from services.training.domain.policy_choice import PolicyChoice, PolicyTask, Spent, choose_policy
from services.training.domain.split import NotEnough, SplitRule
from tests.unit.training.rows import DAY, HOUR, made_rows, relabelled

RULE = SplitRule(holdout=14 * DAY, validation=14 * DAY, min_rows=200, min_positives=30)
TASK = PolicyTask("roc_auc", "cost", (Wanted("cost", 0.95, DAY), Wanted("recall", 0.95, DAY)), RULE, seed=3)
TRAINED = 20 * DAY

SCORES = np.random.default_rng(5).random(3_600)
"""Each the true chance of its row."""


def rows() -> Rows:
    """A positive that is missed costs four times as much as one that is accused: one decides best from 0.2 on."""
    chance = np.random.default_rng(6)
    return priced(
        relabelled(made_rows(), (chance.random(3_600) < SCORES).astype(np.int8)), Cost(missed=4, false_alarm=1)
    )


def chosen(some: Rows | None = None, before: float = 0.5, **changed: Any) -> PolicyChoice:
    some = rows() if some is None else some
    present = Champion("v1", TRAINED, Answers(SCORES, before))
    found = choose_policy(some, np.full(len(some), 0.5), present, replace(TASK, **changed))
    assert isinstance(found, PolicyChoice)
    return found


def test_it_decides_where_the_newer_rows_cost_least_and_is_better_than_the_one_before() -> None:
    found = chosen()
    assert 0.05 < found.threshold < 0.35
    assert found.is_better("cost")
    assert found.measured.champion == "v1"
    (better,) = [one for one in found.measured.findings if one.against == "champion" and one.wanted.metric == "cost"]
    assert better.estimate.low is not None
    assert better.estimate.low > 0


def test_the_same_policy_again_is_no_better() -> None:
    first = chosen()
    again = chosen(before=first.threshold)
    assert again.threshold == first.threshold
    assert not again.is_better("cost")


def test_neither_what_the_model_has_seen_nor_the_hold_out_chooses() -> None:
    some, found = rows(), chosen()
    holdout_from = int(some.event_time[-1]) + 1 - RULE.holdout
    assert found.chosen_from >= TRAINED
    assert found.chosen_through < holdout_from - HOUR
    assert found.measured.holdout_from >= holdout_from
    seen = some.event_time < TRAINED
    assert chosen(replace(some, label=np.where(seen, 1 - some.label, some.label))) == found
    newest = some.event_time >= holdout_from
    other = chosen(replace(some, label=np.where(newest, 1 - some.label, some.label)))
    assert other.threshold == found.threshold
    assert other.measured != found.measured


def test_what_was_not_known_before_the_hold_out_does_not_choose() -> None:
    some = rows()
    late = replace(some, label_time=some.label_time + 10 * DAY)
    assert chosen(late).chosen_through < chosen().chosen_through - 9 * DAY


@pytest.mark.parametrize(
    ("trained", "reason"),
    [(59, "since the model was trained, known before the hold-out"), (45, "known before the hold-out")],
)
def test_too_few_rows_that_the_model_has_not_seen_are_told(trained: int, reason: str) -> None:
    present = Champion("v1", trained * DAY, Answers(SCORES, 0.5))
    found = choose_policy(rows(), np.full(3_600, 0.5), present, TASK)
    assert isinstance(found, NotEnough)
    assert reason in found.reason
    assert (found.have, found.need) < (30, 31)


def test_without_rows_there_is_nothing_to_choose_by() -> None:
    nothing = rows().take(np.arange(0))
    present = Champion("v1", 0, Answers(SCORES[:0], 0.5))
    assert isinstance(choose_policy(nothing, np.empty(0), present, TASK), NotEnough)


def test_entities_that_are_held_out_measure_and_do_not_choose() -> None:
    keys = np.array([f"c{n % 60}" for n in range(3_600)], object)
    found = chosen(replace(rows(), entity=keys), rule=replace(RULE, apart=True))
    assert found.measured.rows < chosen().measured.rows / 3


def test_a_budget_that_the_policy_before_breaks_is_kept_though_less_is_found() -> None:
    found = chosen(before=0.2, at_most=Rate.read("10/day"))
    assert found.budget is not None
    assert found.budget.before == pytest.approx(48, abs=3)
    assert found.budget.decided == pytest.approx(10, abs=2)
    assert found.budget.is_nearer
    assert not found.measured.is_better("cost", "champion")
    assert found.is_better("cost")
    assert found.to_dict()["budget"]["at_most"] == "10/day"


@pytest.mark.parametrize(
    ("decided", "before", "nearer"),
    [(9, 30, True), (12, 30, True), (30, 12, False), (8, 9, False), (None, 30, False), (9, None, False)],
)
def test_it_is_nearer_to_a_budget_only_if_the_one_before_breaks_it_more(
    decided: float | None, before: float | None, nearer: bool
) -> None:
    assert Spent("10/day", 10, decided, before).is_nearer is nearer
