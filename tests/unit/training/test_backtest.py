"""How what was chosen would have done before: fitted on what was known, measured on what followed."""

from dataclasses import replace

import numpy as np
import pytest

from services.training.domain.backtest import Chosen, Origin, backtest
from services.training.domain.evaluation import Evaluation, evaluate
from services.training.domain.learner import Configuration, fit
from services.training.domain.metric import value
from services.training.domain.split import SplitRule
from services.training.domain.window import Window
from tests.unit.training.rows import DAY, made_rows, made_task, relabelled

ROWS = made_rows()
RULE = SplitRule(holdout=7 * DAY, validation=7 * DAY, min_rows=200, min_positives=20)
CHOSEN = Chosen(Configuration("logistic", (("C", 0.1),)), 0.5, "roc_auc", 3)
END = 46 * DAY
BASELINE = np.random.default_rng(2).random(len(ROWS))


def tried(count: int = 3, chosen: Chosen = CHOSEN, rule: SplitRule = RULE) -> tuple[Origin, ...]:
    return backtest(ROWS, BASELINE, chosen, rule, END, count)


def test_origins_roll_back_from_the_hold_out_a_length_of_it_at_a_time() -> None:
    assert [(one.begin, one.end) for one in tried()] == [
        (END - 21 * DAY, END - 14 * DAY),
        (END - 14 * DAY, END - 7 * DAY),
        (END - 7 * DAY, END),
    ]
    assert tried(0) == ()


def test_each_is_fitted_on_what_was_known_by_then_and_measured_on_what_followed() -> None:
    *_, last = tried()
    known = ROWS.label_time < last.begin
    followed = (ROWS.event_time >= last.begin) & (ROWS.event_time < last.end)
    scores = fit(CHOSEN.configuration, ROWS.take(known), 3).scores(ROWS.take(followed).inputs)
    assert (last.trained, last.rows, last.lacking) == (known.sum(), followed.sum(), "")
    assert last.positives == ROWS.label[followed].sum()
    assert last.value == value("roc_auc", ROWS.label[followed], scores)
    assert last.baseline == value("roc_auc", ROWS.label[followed], BASELINE[followed])
    assert last.prior == 0.5


def test_what_became_known_later_changes_nothing_of_what_was_learnt() -> None:
    first, second, third = tried()
    late = ROWS.label_time >= third.begin
    other = relabelled(ROWS, np.where(late, 1 - ROWS.label, ROWS.label).astype(np.int8))
    again = backtest(other, BASELINE, CHOSEN, RULE, END, 3)
    assert again[0] == first
    assert again[1].trained == second.trained
    assert third.value is not None
    assert again[2].value == pytest.approx(1 - third.value)


def test_decisions_are_made_at_the_chosen_score() -> None:
    cut = replace(CHOSEN, metric="f1", threshold=2.0)
    assert {one.value for one in tried(chosen=cut)} == {0.0}


def test_an_origin_before_which_too_little_was_known_says_so() -> None:
    first, *_, last = tried(7)
    assert (first.lacking, first.value, first.trained) == ("0 of 200 training rows", None, 0)
    assert (last.lacking, last.value is None) == ("", False)
    few = tried(1, rule=replace(RULE, min_positives=10_000))[0]
    assert "10,000" in few.lacking
    recent = Chosen(replace(CHOSEN.configuration, window=Window("1d", length=DAY)), 0.5, "roc_auc", 3)
    assert "of 200 training rows within the history" in tried(1, chosen=recent)[0].lacking


def test_an_ensemble_is_fitted_with_its_members_and_lacks_what_one_of_them_lacks() -> None:
    recent = replace(CHOSEN.configuration, window=Window("1d", length=DAY))
    found = [
        tried(
            1, chosen=replace(CHOSEN, configuration=Configuration("voting", (), members=(CHOSEN.configuration, other)))
        )
        for other in (CHOSEN.configuration, recent)
    ]
    assert found[0][0].value == pytest.approx(tried(1)[0].value)
    assert "within the history" in found[1][0].lacking


def test_a_run_that_is_asked_for_one_reports_it_and_finds_the_same_model() -> None:
    baseline = np.full(len(ROWS), 0.4)
    without, having = (evaluate(ROWS, replace(made_task(), backtest=count), baseline, None) for count in (0, 2))
    assert isinstance(without, Evaluation)
    assert isinstance(having, Evaluation)
    assert without.backtest == ()
    assert [one.end for one in having.backtest] == [having.split.holdout_from - 14 * DAY, having.split.holdout_from]
    assert (having.measured, having.trials, having.threshold) == (without.measured, without.trials, without.threshold)
    assert (having.released.scores(ROWS.inputs) == without.released.scores(ROWS.inputs)).all()
