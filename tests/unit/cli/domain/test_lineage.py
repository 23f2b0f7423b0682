from services.cli.domain.lineage import answers, lineage, outcomes, subjects_of
from tests.unit.cli.domain.recorded import COUNTS, control, moved, record, run


def test_a_version_is_told_from_its_run_to_its_last_move() -> None:
    its = lineage(control(), "v2", "signed")
    assert its is not None
    assert (its["state"], its["file"], its["signature"]) == ("rejected", "9f2c", "signed")
    training = its["training"]
    assert (training["run"], training["trigger"], training["alert"]) == ("r2", "alert", "a1")
    assert (training["from"], training["through"]) == ("1970-01-01T00:00:10Z", "1970-01-01T00:00:50Z")
    assert training["dataset"]["ranges"] == [{"partition": 1, "from_offset": 0, "to_offset": 9, "matured_seq": 5}]
    assert training["config"] == {"digest": "c1", "by": "ann", "applied": "1970-01-01T00:00:05Z"}
    assert training["code"] == {"image": "driftmill:then", "numpy": "2.4"}
    assert (its["gate"]["verdict"], [one["name"] for one in its["gate"]["criteria"]]) == ("accepted", ["auc"])
    assert [(move["to_state"], move["by"]) for move in its["moves"]] == [("canary", "registry"), ("rejected", "ann")]
    assert [[one["name"] for one in move["criteria"]] for move in its["moves"]] == [[], ["errors"]]
    assert [(one["request"], one["kind"], one["by"]) for one in its["requests"]] == [("q2", "RollbackRequested", "ann")]
    assert subjects_of(its) == {"v2", "r2", "q2"}


def test_a_refreshed_policy_is_told_by_its_own_run() -> None:
    its = lineage(control(), "v2.p2", "signed")
    assert its is not None
    training = its["training"]
    assert (training["run"], training["threshold"], training["seed"]) == ("r3", 0.7, 8)
    assert (training["from"], training["learner"]) == ("1970-01-01T00:00:30Z", None)
    assert training["requests"] == ["q1"]
    assert [one["by"] for one in its["requests"]] == ["bob"]


def test_what_topics_have_lost_is_missing_and_nothing_else() -> None:
    its = lineage(control(runs=[], configs=[], requests=[]), "v2", "signed")
    assert its is not None
    training = its["training"]
    assert (training["trigger"], training["ended"], training["requests"]) == (None, None, [])
    assert training["config"] == {"digest": "c1", "by": None, "applied": None}
    assert lineage(control(), "v9", "") is None


def test_a_run_of_before_requests_were_listed_names_the_one_that_asked() -> None:
    known = control(runs=run("r2", "v2", trigger="request", request_id="q1"))
    its = lineage(known, "v2", "signed")
    assert its is not None
    assert its["training"]["requests"] == ["q1"]


def test_a_version_that_the_gate_refused_says_so() -> None:
    candidate = control().candidate("v2")
    history = [moved("v2", "candidate", "rejected", 9, candidate=candidate)]
    its = lineage(control(models_history=[*history, record("models.history", "ReleaseMeasured", {})]), "v2", "")
    assert its is not None
    assert its["gate"]["verdict"] == "rejected"


def test_answers_are_counted_by_the_state_that_they_were_given_in() -> None:
    told = [(one["state"].split(",")[0], one["policy"], one["events"], one["failed"]) for one in answers(COUNTS, "v2")]
    assert told == [("canary", "p1", 7, 1), ("champion", "p2", 3, 0), ("shadow or canary", None, 5, 0)]
    assert [one["events"] for one in answers(COUNTS, "v2.p2")] == [3]
    assert [(one["state"], one["from"]) for one in answers(COUNTS, "v1")] == [("champion", "1970-01-01T00:00:00Z")]


def test_outcomes_are_counted_by_status_with_their_corrections() -> None:
    assert outcomes(COUNTS, "v2") == [{"status": "on_time", "policy": "p2", "events": 2, "corrected": 1}]
    assert outcomes(COUNTS, "v1") == []
