from tests.unit.cli.domain.recorded import SECOND, alert, control, moved


def test_a_version_is_what_was_proposed_when_it_was_judged() -> None:
    known = control()
    candidate, manifest = known.candidate("v2"), known.manifest("v2")
    assert candidate is not None
    assert manifest is not None
    assert (candidate["run_id"], manifest["learner"]) == ("r2", {"family": "forest"})
    assert known.candidate("v9") is None
    assert known.manifest("v9") is None


def test_moves_are_those_of_the_very_version_and_the_newest_tells_its_state() -> None:
    known = control()
    assert [move["to_state"] for move in known.moves("v2")] == ["canary", "rejected"]
    states = {name: move["to_state"] for name, move in known.versions().items()}
    assert states == {"v1": "champion", "v2": "rejected", "v2.p2": "champion"}


def test_a_run_is_told_as_far_as_it_is_recorded() -> None:
    started, finished = control().run("r2")
    assert started is not None
    assert finished is not None
    assert (started["trigger"], finished["reason"]) == ("alert", "forest was best")
    assert control().run("r9") == (None, None)


def test_an_alert_begins_with_its_change_and_ends_when_it_is_cleared() -> None:
    told = [(one.alert_id, one.began, one.cleared and one.cleared["clock"], one.state) for one in control().alerts]
    assert told == [
        ("a1", 80 * SECOND, None, "open"),
        ("late", 120 * SECOND, None, "open"),
        ("over", 30 * SECOND, 40 * SECOND, "recovered"),
    ]
    assert control(alerts=[alert("a", "v1", 9)]).alerts[0].is_open


def test_what_people_asked_is_found_by_version_and_by_id() -> None:
    asked = [one.value["request_id"] for one in control().requests("v2", ["q1"])]
    assert asked == ["q1", "q2"]
    assert control().requests("v1", []) == []


def test_the_audit_trail_tells_of_subjects_and_of_configurations_each_entry_once() -> None:
    known = control()
    assert [one["audit_id"] for one in known.audits({"v2", "r3"})] == ["one", "two"]
    assert [one["audit_id"] for one in known.audits((), {"c1"})] == ["four"]


def test_a_configuration_is_found_by_its_digest() -> None:
    applied = control().config("c1")
    assert applied is not None
    assert applied.value["by"] == "ann"
    assert control().config("c9") is None


def test_without_a_verdict_nothing_is_known_of_a_version() -> None:
    assert control(models_history=[moved("v1", "champion", "retired", 9)]).candidate("v1") is None
