"""When a run answers an alert, what it waits for, when it is given up, and when another one follows."""

import pytest

from services.training.domain.history import History
from services.training.domain.next_run import GiveUp, Start, Wait
from services.training.domain.trigger import decide, started_value
from tests.unit.training.story import (
    DAY,
    PIPELINE,
    START,
    Fact,
    after_a_run,
    alert,
    cleared,
    dataset,
    finished,
    pipeline,
    request,
    told_of,
)


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


@pytest.mark.parametrize("kind", ["stale", "yardstick"])
def test_a_run_for_a_model_that_could_be_better_waits_for_nothing(kind: str) -> None:
    asks = pipeline(
        retrain="retrain: {when: [{alert: [quality, stale, yardstick], wait: {positives: 50}}]}",
        monitor="monitor: {window: 1h, yardsticks: true}",
    )
    history = after_a_run(alert("a1", 6, None, kind), dataset(6.1, 2_001, 600))
    decision = decide(asks, history, champion="v1")
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
    assert isinstance(decide(PIPELINE, history.after([dataset(9.1, 3_200, 640)]), champion="v1"), Start)


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
