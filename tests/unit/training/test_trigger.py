"""When a run starts, what it waits for, and when it is given up."""

from dataclasses import replace
from typing import Any

import pytest

from services.training.domain.history import History
from services.training.domain.trigger import GiveUp, Start, Wait, decide, started_value
from tests.unit.training.story import DAY, START, alert, cleared, dataset, finished, pipeline, request, told

PIPELINE = pipeline()
"""Hold-out 1 d, 200 rows, 20 positives; 1,000 new rows, or a quality alert with 50 positives in 2 d; cooldown 6 h."""

Fact = tuple[str, dict[str, Any]]


def after_a_run(*facts: Fact, outcome: str = "candidate", day: float = 5.0) -> History:
    """A history in which a run on 2,000 rows has ended, and what came then."""
    history = told(dataset(0.1, 40, 12), dataset(day, 2_000, 600))
    decision = decide(PIPELINE, history, champion=None)
    assert isinstance(decision, Start)
    begun = ("driftmill.RunStarted", started_value(PIPELINE, decision, history, None) | {"dataset": b""})
    return history.after([begun, finished(decision.run_id, day, outcome), *facts])


def told_of(waiting: Wait, alert_id: str) -> Fact:
    """The RunWaiting of a decision."""
    value = {"run_id": waiting.run_id, "trigger": "alert", "alert_id": alert_id, "have": waiting.have}
    return "driftmill.RunWaiting", value


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


def test_an_alert_waits_for_labels_after_the_change_and_then_starts() -> None:
    history = after_a_run(alert("a1", 6, change=5.5), dataset(5.7, 2_100, 620), dataset(6.5, 2_300, 640))
    waiting = decide(PIPELINE, history, champion="v1")
    assert isinstance(waiting, Wait)
    assert (waiting.have, waiting.need) == (40, 50)
    assert waiting.until == START + 8 * DAY
    decision = decide(PIPELINE, history.after([dataset(7, 2_500, 690)]), champion="v1")
    assert isinstance(decision, Start)
    assert (decision.run_id, decision.trigger, decision.alert_id) == (waiting.run_id, "alert", "a1")
    assert decision.change_point == START + int(5.5 * DAY)


def test_a_stale_model_is_learnt_anew_at_once_where_the_file_asks_for_it() -> None:
    """Nothing has changed, so there is no evidence to wait for."""
    history = after_a_run(alert("a1", 6, change=None, kind="stale"), dataset(6.5, 2_005, 601))
    assert decide(PIPELINE, history, champion="v1") is None
    asked = pipeline(retrain="retrain: {when: [{alert: [quality, stale]}]}")
    decision = decide(asked, history, champion="v1")
    assert isinstance(decision, Start)
    assert (decision.trigger, decision.alert_id, decision.change_point) == ("alert", "a1", None)


def test_an_alert_counts_from_the_first_dataset_later_than_it() -> None:
    history = after_a_run(alert("a1", 6, change=1), dataset(6, 2_900, 800))
    assert decide(PIPELINE, history, champion="v1") is None
    assert isinstance(decide(PIPELINE, history.after([dataset(6.1, 2_910, 801)]), champion="v1"), Start)


def test_a_run_without_evidence_is_given_up() -> None:
    history = after_a_run(alert("a1", 6, change=5.9), dataset(6.1, 2_010, 601), dataset(8.1, 2_020, 602))
    waiting = decide(PIPELINE, history, champion="v1")
    assert isinstance(waiting, Wait), "a run that nobody knows of isn't given up"
    decision = decide(PIPELINE, history.after([told_of(waiting, "a1")]), champion="v1")
    assert isinstance(decision, GiveUp)
    assert decision.run_id == waiting.run_id
    assert "no evidence" in decision.reason


def test_runs_given_up_leave_those_before_as_they_were_and_the_next_may_start() -> None:
    history = after_a_run(
        alert("a1", 6, change=5.9),
        alert("a2", 6, change=5.8),
        dataset(6.1, 2_010, 601),
        dataset(9, 3_100, 602),
    )
    for _ in range(4):
        decision = decide(PIPELINE, history, champion="v1")
        if isinstance(decision, Wait):
            history = history.after([told_of(decision, decision.alert_id)])
        if isinstance(decision, GiveUp):
            history = history.after([finished(decision.run_id, 9, "no_evidence")])
    assert [(run.outcome, run.alert_id) for run in history.runs] == [
        ("candidate", None),
        ("no_evidence", "a1"),
        ("no_evidence", "a2"),
    ]
    assert not history.waiting
    assert isinstance(decide(PIPELINE, history, champion="v1"), Start)


def waiting_since(*facts: Fact) -> History:
    """A history in which a run waits for evidence of a change, and what came then."""
    history = after_a_run(alert("a1", 6, change=5.9), dataset(6.5, 2_010, 601))
    waiting = decide(PIPELINE, history, champion="v1")
    assert isinstance(waiting, Wait)
    return history.after([told_of(waiting, "a1"), *facts])


def test_a_run_that_waits_holds_back_those_by_labels_until_it_is_given_up() -> None:
    assert isinstance(decide(PIPELINE, waiting_since(dataset(7, 3_100, 620)), champion="v1"), Wait)
    late = waiting_since(dataset(8.1, 3_200, 640))
    given_up = decide(PIPELINE, late, champion="v1")
    assert isinstance(given_up, GiveUp)
    freed = late.after([finished(given_up.run_id, 8.1, "no_evidence"), dataset(8.2, 3_210, 641)])
    decision = decide(PIPELINE, freed, champion="v1")
    assert isinstance(decision, Start)
    assert decision.trigger == "labels"


def test_a_run_that_waits_holds_back_neither_a_first_model_nor_a_request() -> None:
    first = decide(PIPELINE, waiting_since(dataset(7, 3_100, 620)), champion=None)
    assert isinstance(first, Start)
    assert first.trigger == "labels"
    asked = decide(PIPELINE, waiting_since(dataset(7, 3_100, 620), request("r1")), champion="v1")
    assert isinstance(asked, Start)
    assert asked.trigger == "request"


def test_an_alert_that_waits_does_not_hide_one_that_is_ready() -> None:
    history = after_a_run(alert("a1", 6, change=5.9), alert("a2", 6, change=1), dataset(6.5, 2_310, 620))
    decision = decide(PIPELINE, history, champion="v1")
    assert isinstance(decision, Start)
    assert decision.alert_id == "a2"


def test_an_alert_that_is_over_ends_the_run_that_waited_for_it() -> None:
    history = after_a_run(alert("a1", 6, change=5.9), dataset(6.5, 2_010, 601))
    waiting = decide(PIPELINE, history, champion="v1")
    assert isinstance(waiting, Wait)
    decision = decide(PIPELINE, history.after([told_of(waiting, "a1"), cleared("a1")]), champion="v1")
    assert isinstance(decision, GiveUp)
    assert decision.run_id == waiting.run_id


@pytest.mark.parametrize("kind", ["inputs", "scores"])
def test_drift_that_the_file_does_not_name_only_notifies(kind: str) -> None:
    history = after_a_run(alert("a1", 6, change=1, kind=kind), dataset(6.5, 2_900, 800))
    assert decide(PIPELINE, history, champion="v1") is None


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


def below_floor(metric: str) -> Fact:
    kind, value = alert("floor", 5.5, None, "floor")
    return kind, value | {"name": metric, "message": f"The {metric} of v1 is 0.2, below its floor 0.4."}


def test_a_floor_that_asks_for_a_run_starts_one_when_runs_may_start() -> None:
    floored = pipeline(monitor="monitor: {floors: {metric: precision, below: 0.4, do: [notify, retrain]}}")
    soon = after_a_run(below_floor("precision"), dataset(5.1, 2_050, 610))
    assert decide(floored, soon, champion="v1") is None
    decision = decide(floored, after_a_run(below_floor("precision"), dataset(6, 2_100, 620)), champion="v1")
    assert isinstance(decision, Start)
    assert (decision.trigger, decision.alert_id, decision.change_point) == ("alert", "floor", None)
    assert decision.reason == "The precision of v1 is 0.2, below its floor 0.4."


@pytest.mark.parametrize("do", ["notify", "[notify]"])
def test_a_floor_that_only_notifies_starts_none(do: str) -> None:
    floored = pipeline(monitor=f"monitor: {{floors: {{metric: precision, below: 0.4, do: {do}}}}}")
    history = after_a_run(below_floor("precision"), dataset(6, 2_100, 620))
    assert decide(floored, history, champion="v1") is None


def test_another_measure_s_floor_starts_none() -> None:
    floored = pipeline(monitor="monitor: {floors: {metric: recall, below: 0.4, do: retrain}}")
    assert decide(floored, after_a_run(below_floor("precision"), dataset(6, 2_100, 620)), champion="v1") is None


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


def test_a_change_is_not_held_back_by_a_run_that_waits() -> None:
    decision = decide(CHANGED, waiting_since(dataset(7, 2_100, 620)), champion="v1")
    assert isinstance(decision, Start)
    assert decision.trigger == "changed"


def answered(outcome: str, *facts: Fact) -> History:
    """A history in which a run has answered an alert, with 500 rows after the change, and what came then."""
    history = after_a_run(alert("a1", 6, change=5.1), dataset(6.5, 2_500, 700))
    decision = decide(PIPELINE, history, champion="v1")
    assert isinstance(decision, Start)
    begun = ("driftmill.RunStarted", started_value(PIPELINE, decision, history, "v1") | {"dataset": b""})
    return history.after([begun, finished(decision.run_id, 6.5, outcome), *facts])


@pytest.mark.parametrize("outcome", ["candidate", "baseline_suffices", "not_enough", "failed"])
def test_an_alert_that_stands_is_answered_again_once_twice_as_much_is_known(outcome: str) -> None:
    assert decide(PIPELINE, answered(outcome, dataset(7, 2_980, 790)), champion="v1") is None
    grown = answered(outcome, dataset(7, 3_000, 800))
    decision = decide(PIPELINE, grown, champion="v1")
    assert isinstance(decision, Start)
    assert (decision.trigger, decision.alert_id, decision.change_point) == ("alert", "a1", START + int(5.1 * DAY))
    assert decision.run_id not in {run.run_id for run in grown.runs}
    assert "1,000 labelled rows are known since, 500 when a run last answered it" in decision.reason


def test_an_alert_is_not_answered_again_while_its_answer_is_tried_or_once_it_is_over() -> None:
    grown = dataset(7, 3_000, 800)
    assert decide(PIPELINE, answered("candidate", grown), champion="v1", has_challenger=True) is None
    assert decide(PIPELINE, answered("candidate", grown), champion="v2") is None
    assert decide(PIPELINE, answered("candidate", cleared("a1"), grown), champion="v1") is None
