"""What a pipeline file asks of a run."""

import pytest

from services.contracts.pipeline import Pipeline, Rate
from services.training.domain.evaluation import Task
from services.training.domain.measurement import Wanted
from services.training.domain.search import Search
from services.training.domain.split import SplitRule
from services.training.domain.task import task_of
from services.training.domain.window import EVERYTHING, Window
from tests.unit.contracts.cards import TEXTS, changed
from tests.unit.training.rows import DAY, HOUR

CRITERIA = "[{metric: roc_auc, above: baseline}]"


def task(evaluate: str = f"accept: {CRITERIA}", model: str = "learners: [logistic]") -> Task:
    text = TEXTS["pipeline.yaml"].replace("learners: [logistic]", model).replace(f"accept: {CRITERIA}", evaluate)
    return task_of(Pipeline.from_texts(TEXTS | {"pipeline.yaml": text}), known_before=100 * DAY, seed=7)


def wanted(found: Task) -> list[tuple[str, float, int]]:
    """Of all rows."""
    return [(one.metric, one.confidence, one.blocks) for one in found.wanted if not one.by]


def test_cut_off_and_seed_are_taken_over() -> None:
    assert (task().known_before, task().space.seed) == (100 * DAY, 7)


def test_learners_and_what_they_are_chosen_by_come_from_the_model() -> None:
    found = task(model="learners: [forest, logistic]\n  optimise: brier")
    assert (found.space.families, found.space.optimise) == (("forest", "logistic"), "brier")


def test_members_of_ensembles_are_tried_by_themselves_too() -> None:
    space = task(model="learners: [mlp, {stacking: [logistic, mlp]}, {voting: [forest, mlp]}]").space
    assert space.families == ("mlp", "logistic", "forest")
    assert space.ensembles == (("stacking", ("logistic", "mlp")), ("voting", ("forest", "mlp")))


@pytest.mark.parametrize(
    ("said", "keep"),
    [
        ("", 20),
        ("imbalance: {}", 20),
        ("imbalance: {keep_negatives: 5}", 5),
        ("imbalance: {keep_negatives: all}", None),
    ],
)
def test_the_file_says_how_many_negatives_are_kept(said: str, keep: int | None) -> None:
    assert task(model=f"learners: [hist_boosting]\n  {said}").space.keep_negatives == keep


def test_rare_positives_are_ranked_by_average_precision() -> None:
    assert task().space.optimise == "average_precision"


def test_the_split_is_in_microseconds_with_its_minima() -> None:
    found = task(f"accept: {CRITERIA}\n  split: {{holdout: 3d, validation: 12h, min_rows: 40, min_positives: 4}}")
    assert found.rule == SplitRule(holdout=3 * DAY, validation=12 * HOUR, min_rows=40, min_positives=4)


def test_entities_are_kept_apart_where_the_file_asks_for_it() -> None:
    assert not task().rule.apart
    assert task(f"accept: {CRITERIA}\n  split: {{by: customer}}").rule.apart


def test_a_limit_of_the_latency_is_nothing_that_training_measures() -> None:
    limit = "{metric: latency, at_most: 20}"
    assert task(f"accept: [{limit}, {CRITERIA[1:-1]}]") == task()
    assert wanted(task(f"accept: {limit}"))[0] == ("average_precision", 0.95, DAY)


def test_the_validation_is_as_long_as_the_hold_out_unless_told() -> None:
    assert task(f"accept: {CRITERIA}\n  split: {{holdout: 3d}}").rule.validation == 3 * DAY


def test_the_file_says_whether_to_fit_again() -> None:
    assert task().refit
    assert not task(f"accept: {CRITERIA}\n  split: {{refit: false}}").refit


def test_each_criterion_is_measured_as_it_asks() -> None:
    found = task(
        "accept:\n    - {metric: f1, at_least: 0.2, confidence: 0.9, blocks: 6h}\n    - {metric: brier, at_most: 1}"
    )
    assert found.wanted[:2] == (Wanted("f1", 0.9, 6 * HOUR), Wanted("brier", 0.95, DAY))


def test_the_usual_metrics_are_measured_too_as_the_first_criterion_is() -> None:
    found = task("accept: [{metric: f1, at_least: 0.2, confidence: 0.9, blocks: 6h}]")
    usual = [(metric, 0.9, 6 * HOUR) for metric in ("f1", "average_precision", "accuracy", "roc_auc")]
    assert wanted(found) == usual


def test_what_is_asked_for_twice_is_measured_once() -> None:
    found = task("accept:\n    - {metric: accuracy, above: baseline}\n    - {metric: accuracy, at_least: 0.1}")
    assert len(set(found.wanted)) == len(found.wanted)
    assert len(wanted(found)) == 3
    assert wanted(found)[0] == ("accuracy", 0.95, DAY)


def test_a_metric_in_other_blocks_is_another_measure() -> None:
    found = task(
        "accept:\n    - {metric: roc_auc, above: baseline, blocks: 2d}\n    - {metric: roc_auc, at_least: 0.1}"
    )
    assert {one.blocks for one in found.wanted if one.metric == "roc_auc"} == {DAY, 2 * DAY}


def test_where_every_model_is_accepted_the_blocks_are_the_monitor_s_windows() -> None:
    text = changed(CRITERIA, "[]")["pipeline.yaml"].replace("monitor: {", "monitor: {window: 2d, ")
    found = task_of(Pipeline.from_texts(TEXTS | {"pipeline.yaml": text}), known_before=0, seed=0)
    assert wanted(found) == [(metric, 0.95, 2 * DAY) for metric in ("average_precision", "accuracy", "roc_auc")]


def test_a_file_without_criteria_is_measured_by_what_it_optimises_in_whole_days() -> None:
    found = task("split: {holdout: 3d}")
    assert wanted(found)[0] == ("average_precision", 0.95, DAY)


def test_slices_are_measured_and_of_fairness_groups_how_far_they_lie_apart() -> None:
    found = task("accept: [{metric: f1, at_least: 0.2, confidence: 0.9, blocks: 6h}]")
    by = {name: [one for one in found.wanted if one.by == name] for name in ("country", "age_band")}
    of_each = ["average_precision", "precision", "recall", "calibration_error"]
    assert [one.metric for one in by["country"]] == of_each
    assert [one.metric for one in by["age_band"]] == [*of_each, "demographic_parity", "equalised_odds"]
    assert {(one.confidence, one.blocks, one.min_positives) for one in found.wanted if one.by} == {(0.9, 6 * HOUR, 20)}


def test_a_criterion_by_groups_is_measured_as_it_asks() -> None:
    found = task("accept: [{metric: recall, by: country, at_least: 0.2, min_positives: 7}]")
    assert found.wanted[0] == Wanted("recall", 0.95, DAY, "country", 7)


def test_without_a_word_all_rows_are_learnt_from_nothing_is_searched_or_calibrated() -> None:
    space = task().space
    assert (space.windows, space.search, space.calibrate, space.first) == ((EVERYTHING,), None, False, ())


def test_the_file_says_what_is_searched_how_long_and_whether_to_calibrate() -> None:
    space = task(model="learners: [logistic]\n  search: {trials: 7, seconds: 30}\n  calibrate: sigmoid").space
    assert (space.search, space.calibrate) == (Search(7, 30), True)
    several = task(model="learners: [logistic]\n  search: {trials: 7, seconds: 30, at_once: 3}").space
    assert several.search == Search(7, 30, at_once=3)


def test_history_is_what_the_file_says_and_where_nothing_has_changed_everything() -> None:
    text = TEXTS["pipeline.yaml"].replace("learners: [logistic]", "history: {try: [56d, since_change, all]}")
    pipeline = Pipeline.from_texts(TEXTS | {"pipeline.yaml": text})
    days = Window("56d", length=56 * DAY)
    assert task_of(pipeline, 0, 0).space.windows == (days, EVERYTHING)
    changed_at = task_of(pipeline, 0, 0, change_point=12).space.windows
    assert changed_at == (days, Window("since_change", since=12), EVERYTHING)
    assert task_of(pipeline, 0, 0, change_point=12).rule.changed == 12
    text = text.replace("[56d, since_change, all]", "[all, {half_life: 28d}]")
    fading = Window("half_life 28d", half_life=28 * DAY)
    pipeline = Pipeline.from_texts(TEXTS | {"pipeline.yaml": text})
    assert task_of(pipeline, 0, 0).space.windows == (EVERYTHING, fading)
    assert task_of(pipeline, 0, 0, change_point=12).rule.changed is None
    assert pipeline.model.history.model_dump(mode="json")["try"] == ["all", {"half_life": "28d"}]


def test_the_file_says_which_categories_are_rare() -> None:
    text = TEXTS["pipeline.yaml"].replace("country: {slice", "country: {rare_below: 50, slice")
    assert task_of(Pipeline.from_texts(TEXTS | {"pipeline.yaml": text}), 0, 0).space.rare_below == (("country", 50),)


def test_where_the_file_says_what_wrong_decisions_cost_it_is_measured() -> None:
    accept = "accept: [{metric: f1, at_least: 0.2}]"
    cost = "learners: [logistic]\n  decide: {cost: {missed: amount, false_alarm: 3}}"
    assert "cost" in [metric for metric, *_ in wanted(task(accept, cost))]
    assert "cost" not in [metric for metric, *_ in wanted(task(accept))]


def test_a_criterion_that_compares_groups_has_them_compared_and_each_measured_once() -> None:
    compared = "{metric: recall, by: country, not_below: champion, margin: 0.1}"
    found = task(f"accept: [{compared}, {{metric: recall, by: country, at_least: 0.1}}]")
    of_recall = [one for one in found.wanted if (one.metric, one.by) == ("recall", "country")]
    assert of_recall == [Wanted("recall", 0.95, DAY, "country", 20, compared=True)]


def test_the_file_says_at_how_many_earlier_times_what_is_chosen_is_tried() -> None:
    assert task().backtest == 0
    assert task(f"accept: {CRITERIA}\n  backtest: 4").backtest == 4


def test_a_budget_of_decisions_needs_no_cost() -> None:
    found = task(model="learners: [logistic]\n  decide: {at_most: 200/day}")
    assert found.space.at_most == Rate.read("200/day")
    assert "cost" not in [metric for metric, *_ in wanted(found)]
    assert task(model="learners: [logistic]\n  decide: {cost: {missed: 2, false_alarm: 1}}").space.at_most is None
