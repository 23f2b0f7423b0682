"""When a decision policy is chosen anew, and what that leaves to the runs of models."""

from typing import Any

from services.training.domain.history import History
from services.training.domain.next_run import Start, Wait
from services.training.domain.trigger import decide, started_value
from tests.unit.training.story import PIPELINE, after_a_run, alert, dataset, finished, pipeline, request, told


def begun(history: History, champion: str, rules: Any = PIPELINE) -> tuple[History, Start, str]:
    """A history in which the run that follows has started, its decision and the version that it may make."""
    decision = decide(rules, history, champion="v1")
    assert isinstance(decision, Start)
    value = started_value(rules, decision, history, champion)
    return history.after([("driftmill.RunStarted", value | {"dataset": b""})]), decision, value["version"]


def test_a_request_for_a_policy_keeps_the_model_and_counts_its_policies() -> None:
    history, first, version = begun(after_a_run(request("r1", policy=True)), "v1")
    assert (first.of_policy, first.trigger, version) == (True, "request", "v1.p2")
    history, _, version = begun(history.after([finished(first.run_id, 5), request("r2", policy=True)]), "v1.p2")
    assert version == "v1.p3"
    again = history.after([finished(history.runs[-1].run_id, 5, "policy_suffices"), request("r3", policy=True)])
    assert begun(again, "v1.p2")[2] == "v1.p3"
    assert begun(again, "v2")[2] == "v2.p2"


def test_whoever_asks_for_a_model_too_gets_one_with_a_policy_of_its_own() -> None:
    history, both, version = begun(after_a_run(request("r1", policy=True), request("r2")), "v1")
    assert (both.of_policy, both.requests, version) == (False, ("r1", "r2"), "v2")
    assert history.handled == {"r1", "r2"}


def test_without_a_model_a_policy_is_asked_for_with_its_model() -> None:
    history = told(dataset(0.1, 40, 12), request("r1", policy=True))
    decision = decide(PIPELINE, history, champion=None)
    assert isinstance(decision, Start)
    assert not decision.of_policy


WEEKLY = pipeline(
    retrain="retrain: {when: [{policy: 7d}, {labels: {rows: 1_000}}], limits: {cooldown: 6h, per_day: 1}}"
)


def test_a_policy_is_chosen_anew_so_long_after_the_last_run() -> None:
    assert decide(WEEKLY, after_a_run(dataset(11.9, 2_900, 800)), champion="v1") is None
    history, decision, version = begun(after_a_run(dataset(12, 2_900, 800)), "v1", WEEKLY)
    assert (decision.trigger, decision.reason, version) == ("schedule", "a policy every 7d", "v1.p2")
    ended = history.after([finished(decision.run_id, 12, "policy_suffices"), dataset(18.9, 2_950, 800)])
    assert decide(WEEKLY, ended, champion="v1") is None
    assert begun(ended.after([dataset(19, 2_960, 800)]), "v1", WEEKLY)[1].of_policy


def test_a_run_of_a_policy_takes_nothing_from_what_models_may() -> None:
    history, decision, _ = begun(after_a_run(dataset(12, 2_900, 800)), "v1", WEEKLY)
    ended = history.after([finished(decision.run_id, 12), dataset(12.1, 3_100, 900)])
    after, model, version = begun(ended, "v1.p2", WEEKLY)
    assert (model.of_policy, model.trigger, version) == (False, "labels", "v2")
    assert after.runs[-1].of_policy is False


def test_a_policy_may_be_chosen_while_a_run_waits_for_evidence() -> None:
    waits = pipeline(retrain="retrain: {when: [{alert: quality, wait: {positives: 50, at_most: 20d}}, {policy: 7d}]}")
    history = after_a_run(alert("a1", 6, change=5.9), dataset(7, 2_010, 601))
    assert isinstance(decide(waits, history, champion="v1"), Wait)
    assert begun(history.after([dataset(12, 2_020, 602)]), "v1", waits)[1].of_policy
