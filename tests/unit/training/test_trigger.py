"""When a run starts."""

from dataclasses import replace

from services.training.domain.next_run import Start
from services.training.domain.trigger import decide, started_value
from tests.unit.training.story import (
    PIPELINE,
    after_a_run,
    dataset,
    finished,
    pipeline,
    request,
    told,
)


def test_nothing_starts_without_a_dataset() -> None:
    assert decide(PIPELINE, told(request("r1")), champion=None) is None


def test_the_first_run_starts_once_each_part_of_the_split_promises_enough() -> None:
    began = dataset(0.1, 40, 12)
    assert decide(PIPELINE, told(began, dataset(0.6, 240, 72)), champion=None) is None
    decision = decide(PIPELINE, told(began, dataset(3, 1_200, 360)), champion=None)
    assert isinstance(decision, Start)
    assert decision.trigger == "labels"


def test_one_run_at_a_time() -> None:
    history = told(dataset(0.1, 40, 12), dataset(5, 2_000, 600))
    decision = decide(PIPELINE, history, champion=None)
    assert isinstance(decision, Start)
    begun = ("driftmill.RunStarted", started_value(PIPELINE, decision, history, None) | {"dataset": b""})
    running = history.after([begun, dataset(9, 9_000, 3_000), request("r1")])
    assert decide(PIPELINE, running, champion=None) is None


def test_new_labels_start_a_run_after_the_cooldown() -> None:
    few = after_a_run(dataset(6, 2_900, 800))
    assert decide(PIPELINE, few, champion="v1") is None
    soon = after_a_run(dataset(5.1, 3_100, 800))
    assert decide(PIPELINE, soon, champion="v1") is None
    enough = decide(PIPELINE, after_a_run(dataset(6, 3_100, 800)), champion="v1")
    assert isinstance(enough, Start)
    assert enough.reason == "1,100 new labelled rows with 200 positives"


def test_new_labels_wait_until_a_candidate_can_be_compared_with_the_champion() -> None:
    """That was trained on day 5, with labels known by then: of events since, too few labels of a class are known, or
    none, or only those of one block."""
    for few in (dataset(6, 3_100, 619), dataset(6, 3_100, 800, delay=1), dataset(6, 3_100, 800, delay=0.97)):
        assert decide(PIPELINE, after_a_run(few), champion="v1") is None
    for enough in (dataset(6, 3_100, 620), dataset(6, 3_100, 800, delay=0.95)):
        assert isinstance(decide(PIPELINE, after_a_run(enough), champion="v1"), Start)


def test_new_labels_wait_for_no_champion_that_left_its_hold_out_unlearnt_or_is_not_known() -> None:
    late = after_a_run(dataset(6, 3_100, 800, delay=1))
    kept = pipeline(evaluate="evaluate: {split: {holdout: 1d, min_rows: 200, min_positives: 20, refit: false}}")
    assert isinstance(decide(kept, late, champion="v1"), Start)
    assert isinstance(decide(PIPELINE, late, champion="v7"), Start)


def test_the_daily_budget_holds() -> None:
    spent = pipeline(retrain="retrain: {when: [{labels: {rows: 10}}], limits: {cooldown: 1h, per_day: 1}}")
    assert decide(spent, after_a_run(dataset(5.9, 3_100, 800)), champion="v1") is None
    assert isinstance(decide(spent, after_a_run(dataset(6.1, 3_100, 800)), champion="v1"), Start)


def test_a_request_starts_at_once_and_only_once() -> None:
    history = after_a_run(request("r1"))
    decision = decide(PIPELINE, history, champion="v1")
    assert isinstance(decision, Start)
    assert (decision.trigger, decision.request_id, decision.reason) == ("request", "r1", "ann asks: a try")
    value = started_value(PIPELINE, decision, history, "v1")
    served = history.after([("driftmill.RunStarted", value | {"dataset": b""}), finished(decision.run_id, 5)])
    assert decide(PIPELINE, served, champion="v1") is None


def test_a_schedule_counts_by_the_clock_of_the_data() -> None:
    scheduled = pipeline(retrain="retrain: {when: [{every: 2d}]}")
    assert decide(scheduled, after_a_run(dataset(6.9, 2_001, 600)), champion="v1") is None
    decision = decide(scheduled, after_a_run(dataset(7, 2_001, 600)), champion="v1")
    assert isinstance(decision, Start)
    assert decision.trigger == "schedule"


def test_a_cron_line_counts_by_the_clock_of_the_data_and_missed_times_are_one_run() -> None:
    """The last run began at 22:13 of a Sunday."""
    weekly = pipeline(retrain="retrain: {when: [{cron: '0 3 * * 1'}], limits: {cooldown: 1h}}")
    sunday = after_a_run(dataset(5, 2_001, 600))
    assert decide(weekly, sunday.after([dataset(5.19, 2_002, 600)]), champion="v1") is None
    for later in (5.2, 20):
        history = sunday.after([dataset(later, 2_002, 600)])
        decision = decide(weekly, history, champion="v1")
        assert isinstance(decision, Start)
        assert (decision.trigger, decision.reason) == ("schedule", "cron 0 3 * * 1")
        begun = ("driftmill.RunStarted", started_value(weekly, decision, history, "v1") | {"dataset": b""})
        ended = history.after([begun, finished(decision.run_id, later), dataset(later + 0.3, 2_003, 600)])
        assert decide(weekly, ended, champion="v1") is None


def test_a_repeat_finds_the_same_run() -> None:
    history = after_a_run(dataset(6, 3_100, 800))
    one, other = (decide(PIPELINE, history, champion="v1") for _ in range(2))
    assert one == other
    later = decide(PIPELINE, history.after([dataset(6.1, 3_200, 820)]), champion="v1")
    assert isinstance(one, Start)
    assert isinstance(later, Start)
    assert one.run_id != later.run_id


def test_versions_count_candidates() -> None:
    history = after_a_run(dataset(6, 3_100, 800))
    decision = decide(PIPELINE, history, champion="v1")
    assert isinstance(decision, Start)
    assert started_value(PIPELINE, decision, history, "v1")["version"] == "v2"
    nothing = after_a_run(dataset(6, 3_100, 800), outcome="not_enough")
    assert started_value(PIPELINE, replace(decision), nothing, None)["version"] == "v1"


CHANGED = pipeline(
    model="model: {inputs: [amount, kind, shop.*], optimise: roc_auc, learners: logistic}",
    retrain="retrain: {when: [{alert: quality, wait: {positives: 50, at_most: 2d}}, {changed: model}]}",
)


def test_a_changed_file_asks_for_a_run_once_runs_may_start() -> None:
    assert decide(CHANGED, after_a_run(dataset(5.9, 2_010, 601)), champion="v1") is None
    decision = decide(CHANGED, after_a_run(dataset(6, 2_010, 601)), champion="v1")
    assert isinstance(decision, Start)
    assert (decision.trigger, decision.reason) == ("changed", "changed since the last run: model")


def test_a_change_for_which_there_were_too_few_rows_is_tried_again_when_enough_have_come() -> None:
    history = after_a_run(dataset(6, 2_010, 601))
    decision = decide(CHANGED, history, champion="v1")
    assert isinstance(decision, Start)
    begun = ("driftmill.RunStarted", started_value(CHANGED, decision, history, "v1") | {"dataset": b""})
    tried = history.after([begun, finished(decision.run_id, 6, "not_enough")])
    assert decide(CHANGED, tried.after([dataset(7, 2_300, 650)]), champion="v1") is None
    again = decide(CHANGED, tried.after([dataset(10, 4_000, 1_200)]), champion="v1")
    assert isinstance(again, Start)
    assert again.trigger == "changed"
