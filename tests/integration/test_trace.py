"""`driftmill trace`: a small pipeline is played, and everything that is told of its answers is what the topics hold."""

import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest

from services.broker.local import Endpoints
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from tests.eventually import eventually
from tests.platform import Platform, pipeline_named

SERVICES = ("validation", "features", "inference", "outcomes", "lake", "training", "registry")
MINUTE = 60_000_000
START = 1_700_000_000_000_000 // (60 * MINUTE) * 60 * MINUTE
FIRST, EVENTS = 2_400, 3_600
MOVED = "driftmill.ModelMoved"

Facts = dict[str, Any]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def platform(broker: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Played: a first model was approved, and answered since; an order was refused, another one's label corrected."""
    texts = dict(pipeline_named(f"t{uuid.uuid4().hex[:12]}").texts)
    text = texts["pipeline.yaml"].replace("monitor: {", "monitor: {explain: 100%, ")
    texts["pipeline.yaml"] = text.replace("{rows: 1000}", "{rows: 100000}") + "\nrelease: {approval: true}\n"
    made = Platform.create(broker, Pipeline.from_texts(texts), tmp_path_factory.mktemp("trace") / "home")
    try:
        for service in SERVICES:
            made.start(service)
        play(made, 0, FIRST)
        eventually(lambda: [move.value["to_state"] for move in made.read("models.history", MOVED)] == ["accepted"], 300)
        assert made.driftmill("approve", "v1", "--reason", "its card is fine").returncode == 0
        eventually(lambda: [one.key for one in made.read("models")][-1:] == ["champion"], 60)
        made.followed()
        alerted(made)
        play(made, FIRST, EVENTS)
        made.drained(*SERVICES[:5])
        yield made
    finally:
        made.close()


def play(platform: Platform, first: int, end: int) -> None:
    """An order a minute, whose truth is known after an hour; one in 500 is no order."""
    chance, resolved = np.random.default_rng(first), platform.pipeline.resolved
    told: list[tuple[int, str, str, Facts]] = []
    for number in range(first, end):
        at, shop, amount = START + number * MINUTE, f"s{number % 12}", float(chance.normal())
        order = {"order_id": f"o{number}", "at": at, "shop": shop, "amount": abs(amount), "kind": "abc"[number % 3]}
        if number % 500 == 499:
            order["amount"] = -1.0
        told.append((at, shop, resolved.event_record_name, order))
        label = {"order_id": f"o{number}", "shop": shop, "returned": bool(chance.random() < min(0.9, abs(amount) / 2))}
        told.append((at + 60 * MINUTE, shop, resolved.label_record_name, label | {"known_at": at + 60 * MINUTE}))
        if number % 500 == 7:
            other = label | {"returned": not label["returned"], "known_at": at + 90 * MINUTE}
            told.append((at + 90 * MINUTE, shop, resolved.label_record_name, other))
    told.sort(key=lambda one: one[0])
    platform.publish_raw(
        "events.raw",
        [(shop.encode(), platform.codec.encode("events.raw", kind, value)) for _, shop, kind, value in told],
    )


def alerted(platform: Platform) -> None:
    """One alert stands while the model answers, another one was over before."""
    time = START + FIRST * MINUTE
    told = {"kind": "inputs", "name": "amount", "version": "v1", "value": 0.4, "threshold": 0.2, "message": "moved"}
    standing = told | {"alert_id": "stands", "clock": time, "change_point": time - 60 * MINUTE}
    gone = told | {"alert_id": "gone", "clock": time - 90 * MINUTE}
    platform.publish("alerts", "driftmill.AlertRaised", [("stands", standing), ("gone", gone)])
    over = {"alert_id": "gone", "clock": time, "reason": "recovered"}
    platform.publish("alerts", "driftmill.AlertCleared", [("gone", over)])


def traced(platform: Platform, *words: str) -> Facts:
    done = platform.driftmill("trace", *words, "--json")
    assert done.returncode == 0, done.stderr
    found: Facts = orjson.loads(done.stdout)
    return found


def of(platform: Platform, topic: str, kind: str, event_id: str) -> list[Record]:
    return [one for one in platform.read(topic, f"driftmill.{kind}") if one.value["event_id"] == event_id]


def place_of(platform: Platform, record: Record) -> Facts:
    topic = platform.settings.topic(record.topic)
    return {"topic": topic, "partition": record.partition, "offset": record.offset}


def assert_at(platform: Platform, told: Facts, record: Record) -> None:
    assert {name: told[name] for name in ("topic", "partition", "offset")} == place_of(platform, record)


def only(records: list[Record]) -> Record:
    (one,) = records
    return one


def test_each_part_of_a_life_is_what_the_topics_hold(platform: Platform) -> None:
    event_id = f"o{FIRST + 307}"
    found = traced(platform, event_id)
    event = only(of(platform, "events", "EventAccepted", event_id))
    assert_at(platform, found["event"], event)
    assert (found["event"]["seq"], found["event"]["payload"]) == (event.value["seq"], event.value["payload"])
    assert found["validation"] == {"verdict": "accepted", "refused": []}

    vector = only(of(platform, "features", "FeatureVector", event_id))
    assert_at(platform, found["features"]["place"], vector)
    resolved = platform.pipeline.resolved
    values = {one["feature"]: one["value"] for one in found["features"]["values"]}
    packed = np.frombuffer(vector.value["numbers"], "<f4").tolist()
    assert values == dict(zip(resolved.numbers, packed, strict=True)) | {"kind": vector.value["categories"][0]}
    assert {one["feature"]: one["digest"] for one in found["features"]["values"]} == dict(resolved.layout.digests)
    assert found["features"]["config"] == platform.pipeline.digest
    spend = next(one for one in found["features"]["values"] if one["feature"] == "shop.spend.mean.1h")
    assert (spend["is"], spend["over"]) == ("mean of events.amount", "1h")

    answer = only(of(platform, "predictions", "Prediction", event_id))
    assert_at(platform, found["answer"], answer)
    assert (found["answer"]["score"], found["answer"]["label"]) == (answer.value["score"], answer.value["label"])
    active = platform.read("predictions", "driftmill.ModelActivated")
    began = only([one for one in active if one.partition == answer.partition and one.value["model"] == "v1"])
    assert (found["model"]["version"], found["model"]["state"], found["model"]["now"]) == ("v1", "champion", "champion")
    assert_at(platform, found["model"]["since"], began)

    told = only(of(platform, "explanations", "PredictionExplained", event_id))
    assert_at(platform, found["explanation"], told)
    assert found["explanation"]["contributions"] == told.value["contributions"]
    label = only(of(platform, "events", "LabelAccepted", event_id))
    assert_at(platform, only_fact(found["labels"]), label)
    outcome = only(of(platform, "outcomes", "Outcome", event_id))
    assert_at(platform, only_fact(found["outcomes"]), outcome)
    assert found["outcomes"][0]["label"] == label.value["label"] == outcome.value["label"]
    assert [one["alert_id"] for one in found["alerts"]] == ["stands"]
    assert (found["failures"], found["newer"]) == ([], 0)


def only_fact(facts: list[Facts]) -> Facts:
    (one,) = facts
    return one


def test_the_version_that_answered_is_told_back_to_its_data_and_to_who_let_it_answer(platform: Platform) -> None:
    its = traced(platform, f"o{FIRST + 307}")["versions"]["v1"]
    offered = only(platform.read("candidates")).value
    manifest = orjson.loads(offered["manifest"])
    assert (its["file"], its["signature"]) == (offered["model_digest"], "signed by the trusted key signing")
    started = only(platform.read("runs", "driftmill.RunStarted")).value
    training = its["training"]
    assert (training["run"], training["trigger"]) == (started["run_id"], "labels")
    assert training["dataset"] == manifest["dataset"] == orjson.loads(started["dataset"])
    assert (training["config"]["digest"], training["config"]["by"]) == (platform.pipeline.digest, "test")
    assert training["code"].items() >= manifest["environment"].items()
    first, second = (one.value for one in platform.read("models.history", MOVED))
    assert its["gate"]["criteria"] == first["criteria"]
    assert [(one["from_state"], one["to_state"], one["by"]) for one in its["moves"]] == [
        ("candidate", "accepted", "registry"),
        ("accepted", "champion", second["by"]),
    ]
    asked = only(platform.read("requests")).value
    told = only_fact(its["requests"])
    assert (told["request"], told["by"], told["reason"]) == (asked["request_id"], asked["by"], "its card is fine")


def test_the_audit_trail_of_an_answer_is_whole(platform: Platform) -> None:
    told = [one["audit_id"] for one in traced(platform, f"o{FIRST + 307}")["audit"]]
    assert told == [one.value["audit_id"] for one in platform.read("audit")]


def test_events_that_were_learnt_from_name_the_runs_and_corrections_are_told(platform: Platform) -> None:
    found = traced(platform, "o7")
    assert (found["model"]["version"], found["model"]["state"]) == ("baseline", "baseline")
    assert [(one["revision"], one["status"]) for one in found["outcomes"]] == [(0, "on_time"), (1, "corrected")]
    assert [one["revision"] for one in found["labels"]] == [0, 1]
    assert [one["version"] for one in found["learnt_by"]] == ["v1"]
    assert traced(platform, f"o{FIRST + 307}")["learnt_by"] == []


def test_what_was_refused_tells_why_and_an_id_that_is_nobody_s_where_it_was_looked_for(platform: Platform) -> None:
    found = traced(platform, "o499")
    refused = only_fact(found["validation"]["refused"])
    record = only(of(platform, "events.quarantined", "RecordQuarantined", "o499"))
    assert_at(platform, refused, record)
    raw = platform.read("events.raw", platform.pipeline.resolved.event_record_name)
    sent = only([one for one in raw if one.value["order_id"] == "o499"])
    assert refused["source"] == place_of(platform, sent)
    assert [(one["field"], one["rule"]) for one in refused["reasons"]] == [("amount", "range")]
    assert (found["validation"]["verdict"], found["answer"]) == ("refused", None)
    assert [one["status"] for one in found["outcomes"]] == ["orphan"]
    done = platform.driftmill("trace", "no'body")
    assert done.returncode == 1
    events = len(platform.read("events", "driftmill.EventAccepted"))
    assert f"Nothing is known of no'body. Looked through: in the lake {events:,} rows of events" in done.stderr


def test_a_version_and_a_dataset_tell_what_they_touched(platform: Platform) -> None:
    answers = [one.value for one in platform.read("predictions", "driftmill.Prediction") if one.value["model"] == "v1"]
    outcomes = [one.value for one in platform.read("outcomes", "driftmill.Outcome") if one.value["model"] == "v1"]
    found = traced(platform, "--version", "v1")
    told = only_fact(found["answers"])
    assert (told["state"], told["events"], told["failed"]) == ("champion", len(answers), 0)
    assert sum(one["events"] for one in found["outcomes"]) == len({(one["event_id"]) for one in outcomes})
    assert sum(one["corrected"] for one in found["outcomes"]) == sum(one["revision"] > 0 for one in outcomes) > 0
    assert [one["alert_id"] for one in found["alerts"]] == ["stands", "gone"]
    dataset = found["training"]["dataset"]["dataset_id"]
    for name in (dataset, dataset[:6], "v1"):
        touched = traced(platform, "--dataset", name)
        assert (touched["dataset"], [one["version"] for one in touched["versions"]]) == (dataset, ["v1"])
        assert touched["versions"][0]["answers"] == found["answers"]
    page = platform.driftmill("trace", "--dataset", dataset).stdout
    assert page.startswith(f"# Dataset {dataset}\n")
    assert f"| champion | p1 | {len(answers)} | 0 |" in page
    assert "There is no model version v9" in platform.driftmill("trace", "--version", "v9").stderr
    assert (
        platform.driftmill("trace").returncode == platform.driftmill("trace", "o1", "--version", "v1").returncode == 2
    )


def test_what_the_lake_has_yet_to_write_is_read_from_the_topics(platform: Platform) -> None:
    platform.kill(platform.children[SERVICES.index("lake")])
    play(platform, EVENTS, EVENTS + 60)
    platform.drained("validation", "features", "inference")
    late = f"o{EVENTS + 9}"
    found = traced(platform, late)
    assert_at(platform, found["event"], only(of(platform, "events", "EventAccepted", late)))
    assert_at(platform, found["answer"], only(of(platform, "predictions", "Prediction", late)))
    assert found["model"]["state"] == "champion"
    assert traced(platform, f"o{FIRST + 307}")["newer"] > 0
