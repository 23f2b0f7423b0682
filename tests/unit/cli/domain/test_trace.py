from decimal import Decimal

import pytest

from services.cli.domain.life import named
from services.cli.domain.trace import trace
from services.contracts.record import Record
from tests.unit.cli.domain.recorded import control, life, order, record


def without(*kinds: str) -> list[Record]:
    return [one for one in order() if one.kind.removeprefix("driftmill.") not in kinds]


def test_each_part_stands_at_its_place() -> None:
    found = trace(life())
    place = {"topic": "shop.events", "partition": 1, "offset": 12, "appended": "1970-01-01T00:01:40.000002Z"}
    assert found["event"].items() >= place.items()
    assert (found["event"]["seq"], found["event"]["payload"]["order_id"]) == (4, "o1")
    assert found["validation"] == {"verdict": "accepted", "refused": []}
    assert (found["features"]["place"]["offset"], found["features"]["config"]) == (5, "c1")
    assert (found["answer"]["offset"], found["answer"]["score"], found["answer"]["label"]) == (6, 0.75, True)
    assert (found["beside"]["model"], found["beside"]["offset"]) == ("v1", 2)
    assert [one["revision"] for one in found["labels"]] == [0]
    assert [(one["revision"], one["status"]) for one in found["outcomes"]] == [(0, "on_time"), (1, "corrected")]
    assert found["failures"] == []


def test_values_have_names_and_definitions_and_what_is_missing_is_null() -> None:
    values = trace(life())["features"]["values"]
    assert [(one["feature"], one["value"]) for one in values] == [("amount", 1.5), ("gap", None), ("kind", "b|c")]
    assert values[0] | {"is": "field of the event", "digest": "d1"} == values[0]
    unnamed = trace(life(vector=None))["features"]
    assert unnamed["config"] is None
    assert [one["feature"] for one in unnamed["values"]] == ["number 0", "number 1", "category 0"]


def test_who_answered_is_told_in_the_state_of_then_and_of_now() -> None:
    model = trace(life())["model"]
    assert (model["version"], model["state"], model["now"]) == ("v2.p2", "canary", "champion")
    assert (model["since"]["from_seq"], model["since"]["challenger"], model["since"]["share"]) == (2, "v2", 0.25)


def test_versions_are_the_policy_its_model_and_the_one_beside_it() -> None:
    versions = trace(life())["versions"]
    assert list(versions) == ["v2.p2", "v2", "v1"]
    assert versions["v2"]["signature"] == "signed by the trusted key signing"
    assert versions["v1"]["signature"] == "not looked at"


def test_a_baseline_has_a_rule_and_no_version() -> None:
    said = {"model": "baseline", "policy": "", "arm": "champion", "beside": None}
    answer = next(one for one in order() if one.kind == "driftmill.Prediction")
    records = [
        *without("Prediction", "ShadowPrediction", "ModelActivated"),
        answer._replace(value={**answer.value, **said}),
    ]
    found = trace(life(records))
    assert (found["model"]["state"], found["model"]["rule"], found["model"]["since"]) == (
        "baseline",
        "prior: 0.3",
        None,
    )
    assert found["versions"] == {}
    assert named(records) == []


def test_runs_learnt_from_it_whose_dataset_holds_one_of_its_outcomes() -> None:
    found = trace(life())["learnt_by"]
    assert [(one["dataset"], one["run"], one["version"]) for one in found] == [
        ("abc1", "r2", "v2"),
        ("abc1", "r3", "v2.p2"),
    ]
    later = [one._replace(offset=one.offset + 1) for one in order()]
    assert trace(life(later))["learnt_by"] == []


def test_alerts_stood_whose_change_had_begun_and_that_were_not_over() -> None:
    assert [(one["alert_id"], one["began"]) for one in trace(life())["alerts"]] == [("a1", "1970-01-01T00:01:20Z")]


def test_the_audit_trail_is_that_of_its_versions_runs_and_configuration() -> None:
    assert [one["audit_id"] for one in trace(life())["audit"]] == ["one", "two", "four"]


def test_an_explanation_beside_the_answer_is_told_the_farthest_first() -> None:
    assert trace(life())["explanation"] is None
    said = {"model": "v2", "base": 0.3, "contributions": {"amount": 0.1, "kind": -0.2}}
    told = trace(life([*order(), record("explanations", "PredictionExplained", said, 1, 1)]))["explanation"]
    assert list(told["contributions"]) == ["kind", "amount"]


def test_what_was_refused_tells_where_it_came_from_and_why() -> None:
    reason = {"field": "amount", "rule": "range", "expected": "at least 0", "got": "-1"}
    said = {"kind": "event", "event_id": "o1", "source_topic": "events.raw", "source_partition": 0, "source_offset": 77}
    refused = record("events.quarantined", "RecordQuarantined", said | {"reasons": [reason]}, 3)
    found = trace(life([refused]))
    assert found["validation"]["verdict"] == "refused"
    (one,) = found["validation"]["refused"]
    assert (one["source"]["topic"], one["source"]["offset"], one["offset"]) == ("shop.events.raw", 77, 3)
    assert one["reasons"] == [reason]
    empty = ("event", "features", "answer", "beside", "model", "explanation")
    assert [found[name] for name in empty] == [None] * len(empty)
    twice = trace(life([*order(), refused]))["validation"]
    assert (twice["verdict"], len(twice["refused"])) == ("accepted", 1)


def test_a_label_alone_says_nothing_of_validation() -> None:
    found = trace(life([one for one in order() if one.kind == "driftmill.LabelAccepted"]))
    assert (found["validation"]["verdict"], len(found["labels"])) == ("unknown", 1)


@pytest.mark.parametrize(("offset", "told"), [(5, 1), (99, 0)])
def test_dead_letters_are_its_own_by_the_place_of_their_source(offset: int, told: int) -> None:
    said = {"service": "inference", "reason": "failed", "detail": "no score", "source_topic": "features"}
    letter = record("deadletters.inference", "DeadLetter", said | {"source_partition": 1, "source_offset": offset})
    assert len(trace(life([*order(), letter]))["failures"]) == told


def test_without_a_version_in_the_history_the_answer_is_still_told() -> None:
    alone = life()
    told = trace(type(alone)(alone.pipeline, "o1", order(), control(models_history=[]), alone.vector, {}))
    assert (told["model"]["version"], told["model"]["now"], told["versions"]) == ("v2.p2", None, {})


def test_an_answer_of_before_there_were_policies_is_the_champion_s() -> None:
    (answer,) = [one for one in order() if one.kind == "driftmill.Prediction"]
    former = {name: value for name, value in answer.value.items() if name not in ("policy", "arm", "beside")}
    found = trace(life([*without("Prediction", "ShadowPrediction"), answer._replace(value=former | {"model": "v1"})]))
    assert (found["model"]["version"], found["model"]["state"], list(found["versions"])) == ("v1", "champion", ["v1"])


def test_what_json_does_not_know_is_told_as_text() -> None:
    (event,) = [one for one in order() if one.kind == "driftmill.EventAccepted"]
    payload = {"raw": b"\xff", "many": [b"a", None], "some": {"on": Decimal("1.5")}}
    found = trace(life([event._replace(value={**event.value, "payload": payload})]))
    assert found["event"]["payload"] == {"raw": "/w==", "many": ["YQ==", None], "some": {"on": "1.5"}}
