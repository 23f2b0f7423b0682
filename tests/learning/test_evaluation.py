"""Choose on the validation, measure on the hold-out, refit: and every normal end that isn't a model."""

from dataclasses import replace

import numpy as np
import pytest

from services.contracts.pipeline.model import Cost
from services.training.domain.cohort import Floats, Rows
from services.training.domain.cost import priced
from services.training.domain.ensemble import fit
from services.training.domain.evaluation import BaselineSuffices, Evaluation, evaluate, golden_positions
from services.training.domain.interval import Answers
from services.training.domain.measurement import Champion, Finding, Measured, Wanted
from services.training.domain.split import NotEnough
from tests.unit.training.rows import DAY, made_rows, made_task, rare_rows, relabelled

TASK = made_task()


def prior(rows: Rows) -> Floats:
    return np.full(len(rows), 0.4)


def champion_of(rows: Rows, scores: Floats, days: int = 46) -> Champion:
    return Champion("v1", days * DAY, Answers(scores, 0.5))


def evaluated(rows: Rows, champion: Champion | None = None) -> Evaluation:
    found = evaluate(rows, TASK, prior(rows), champion)
    assert isinstance(found, Evaluation)
    return found


def test_the_released_model_has_seen_all_and_the_measured_one_nothing_of_the_hold_out() -> None:
    rows = made_rows()
    found = evaluated(rows)
    assert found.trained_through == TASK.known_before
    assert found.trained_from == rows.event_time[0]
    assert found.measured.holdout_from >= found.split.holdout_from
    development = rows.take(found.split.development)
    assert (development.label_time < found.split.holdout_from).all()
    assert (found.released.scores(rows.inputs) != found.evaluated.scores(rows.inputs)).any()
    assert found.measured.refit_shift == pytest.approx(0, abs=0.1)


def test_no_model_learns_from_entities_that_are_held_out() -> None:
    keys = np.array([f"c{n % 60}" for n in range(3_600)], object)
    rows = replace(made_rows(), entity=keys)
    task = replace(TASK, rule=replace(TASK.rule, apart=True))
    found = evaluate(rows, task, prior(rows), None)
    assert isinstance(found, Evaluation)
    measured = np.isin(keys, keys[found.split.holdout])
    older = measured & (rows.event_time < found.split.holdout_from)
    assert older.sum() > 300
    other = evaluate(replace(rows, label=np.where(older, 1 - rows.label, rows.label)), task, prior(rows), None)
    assert isinstance(other, Evaluation)
    for one, same in ((found.evaluated, other.evaluated), (found.released, other.released)):
        assert one.scores(rows.inputs).tolist() == same.scores(rows.inputs).tolist()
    assert (found.released.scores(rows.inputs) != found.evaluated.scores(rows.inputs)).any()
    assert found.measured.rows == len(found.split.holdout)


def test_without_refit_the_measured_model_is_released() -> None:
    rows = made_rows()
    found = evaluate(rows, replace(TASK, refit=False), prior(rows), None)
    assert isinstance(found, Evaluation)
    assert found.released is found.evaluated
    assert found.trained_through == found.split.holdout_from


def test_negatives_are_left_out_where_it_fits_and_not_where_it_measures() -> None:
    rows = rare_rows(3)
    task = made_task(("hist_boosting",), days=100, min_positives=10, keep_negatives=20)
    found = evaluate(rows, task, prior(rows), None)
    assert isinstance(found, Evaluation)
    assert max(found.evaluated.share_of_negatives, found.released.share_of_negatives) < 0.2
    assert found.measured.rows == len(found.split.holdout) == (rows.event_time >= found.split.holdout_from).sum()
    assert found.measured.refit_shift == pytest.approx(0, abs=0.01)


def test_the_best_on_the_validation_is_chosen() -> None:
    rows = made_rows()
    found = evaluate(rows, made_task(families=("logistic", "hist_boosting")), prior(rows), None)
    assert isinstance(found, Evaluation)
    best = max(found.trials, key=lambda trial: trial.value)
    assert found.released.configuration == best.configuration
    assert len(found.trials) == 3


def test_labels_that_follow_from_nothing_leave_the_baseline() -> None:
    rows = made_rows(strength=0)
    assert isinstance(evaluate(rows, made_task(optimise="accuracy"), prior(rows), None), BaselineSuffices)


def test_one_class_ends_the_run_with_the_reason() -> None:
    rows = made_rows()
    found = evaluate(relabelled(rows, np.zeros(len(rows), np.int8)), TASK, prior(rows), None)
    assert found == NotEnough("positives in the training rows", 0, 30)


def test_the_champion_is_compared_on_rows_after_its_training_only() -> None:
    rows = made_rows()
    trained_through = 53 * DAY
    scores = np.where(rows.event_time < trained_through, rows.label, 0.5)
    measured = evaluated(rows, champion_of(rows, scores, days=53)).measured
    theirs = next(one for one in measured.findings if one.who == "champion")
    assert theirs.estimate.value == 0.5
    assert measured.unseen == theirs.estimate.rows == int((rows.event_time >= trained_through).sum())
    assert measured.champion == "v1"


def test_a_candidate_is_compared_by_what_was_known_when_the_champion_was_trained() -> None:
    """Whoever has all labels until yesterday beats whoever lacks those of the hold-out, though it is the same model."""
    rows, days = made_rows(), 53
    known = rows.take((rows.label_time < days * DAY) & (rows.event_time < days * DAY))
    chosen = evaluated(rows).released.configuration
    same = fit(chosen, known, TASK.space.seed).scores(rows.inputs)
    measured = evaluated(rows, champion_of(rows, same, days)).measured
    advantage = next(one.estimate for one in measured.findings if one.against == "champion")
    assert (advantage.value, advantage.low, advantage.high) == (0, 0, 0)
    assert measured.peer_through == days * DAY
    before = evaluated(rows, champion_of(rows, same, 40)).measured
    assert before.peer_through is None
    assert any(one.against == "champion" and one.estimate.value != 0 for one in before.findings)


def test_labels_that_the_champion_had_not_known_say_nothing_in_the_comparison() -> None:
    rows, days = made_rows(), 53
    late = (rows.label_time >= days * DAY) & (rows.event_time < days * DAY)
    assert late.any()
    other = relabelled(rows, np.where(late, 1 - rows.label, rows.label))
    first, second = (evaluated(one, champion_of(one, prior(one), days)).measured for one in (rows, other))
    assert first.unseen == second.unseen
    assert compared(first) == compared(second)


def compared(measured: Measured) -> list[Finding]:
    return [one for one in measured.findings if "champion" in (one.who, one.against)]


def test_too_few_rows_since_the_champion_make_the_run_wait() -> None:
    rows = made_rows()
    found = evaluate(rows, TASK, prior(rows), champion_of(rows, prior(rows), days=60))
    assert isinstance(found, NotEnough)
    assert found.reason == "rows of the rarer class since the champion was trained"


def test_the_same_arguments_give_the_same_numbers() -> None:
    rows = made_rows()
    first, second = (evaluated(rows, champion_of(rows, prior(rows))) for _ in range(2))
    assert first.measured == second.measured
    assert first.threshold == second.threshold


def test_future_labels_change_nothing_that_was_measured() -> None:
    """A model measured at a cut-off is the same whatever the labels known later say."""
    rows = made_rows()
    first = evaluated(rows)
    late = rows.label_time >= first.split.holdout_from
    other = relabelled(rows, np.where(late, 1 - rows.label, rows.label).astype(np.int8))
    second = evaluate(other, TASK, prior(rows), None)
    if isinstance(second, Evaluation):
        assert (second.evaluated.scores(rows.inputs) == first.evaluated.scores(rows.inputs)).all()
    else:
        assert isinstance(second, BaselineSuffices)
        assert second.trials == first.trials


def test_golden_rows_are_spread_over_the_hold_out() -> None:
    holdout = np.arange(100, 1100)
    chosen = golden_positions(holdout)
    assert len(chosen) == 64
    assert (chosen[0], chosen[-1]) == (100, 1099)
    assert golden_positions(holdout[:3]).tolist() == [100, 101, 102]


def test_a_model_is_measured_by_what_its_decisions_cost_beside_the_baseline_s() -> None:
    rows = priced(made_rows(), Cost(missed=9, false_alarm=1))
    task = replace(TASK, wanted=(*TASK.wanted, Wanted("cost", 0.95, DAY)))
    found = evaluate(rows, task, prior(rows), None)
    assert isinstance(found, Evaluation)
    assert found.threshold < 0.3
    costs = {(one.who, one.against): one.estimate for one in found.measured.findings if one.wanted.metric == "cost"}
    mine, baseline, better = costs["model", ""], costs["baseline", ""], costs["model", "baseline"]
    assert 0 < mine.value < baseline.value
    assert better.value == pytest.approx(baseline.value - mine.value)
    assert better.low is not None
    assert better.low > 0


def test_the_configuration_whose_decisions_cost_least_is_chosen_where_the_file_asks_for_it() -> None:
    rows = priced(made_rows(), Cost(missed=9, false_alarm=1))
    found = evaluate(rows, made_task(("logistic", "hist_boosting"), optimise="cost"), prior(rows), None)
    assert isinstance(found, Evaluation)
    assert found.released.configuration == min(found.trials, key=lambda one: one.value).configuration
