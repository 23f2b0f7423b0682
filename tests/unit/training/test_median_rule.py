"""What is given up: what is worse on a part than the middle one of those that went on, as Optuna's own rule has it."""

from typing import Literal, TypeAlias

import numpy as np
import optuna
import pytest

from services.training.domain.median_rule import MedianRule

Direction: TypeAlias = Literal["maximize", "minimize"]

optuna.logging.set_verbosity(optuna.logging.WARNING)


def of_optuna(direction: Direction, early: list[float | None]) -> list[bool]:
    study = optuna.create_study(direction=direction, pruner=optuna.pruners.MedianPruner())
    given_up = []
    for value in early:
        trial = study.ask()
        if value is not None:
            trial.report(value, 0)
        given_up.append(trial.should_prune())
        if given_up[-1]:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, 0.0)
    return given_up


@pytest.mark.parametrize(("metric", "direction"), [("roc_auc", "maximize"), ("log_loss", "minimize")])
@pytest.mark.parametrize("seed", range(5))
def test_the_same_are_given_up_as_by_optuna_one_after_the_other(metric: str, direction: Direction, seed: int) -> None:
    chance = np.random.default_rng(seed)
    early = [None if chance.random() < 0.1 else float(chance.random()) for _ in range(30)]
    rule = MedianRule(metric)
    found = [rule.gives_up(value) for value in early]
    assert found == of_optuna(direction, early)
    assert any(found)
    assert not any(found[:5])


def test_what_can_not_be_measured_goes_on() -> None:
    rule = MedianRule("roc_auc")
    assert not any(rule.gives_up(value) for value in [None] * 6 + [0.5, float("nan"), 0.5])
    assert rule.gives_up(0.4)
