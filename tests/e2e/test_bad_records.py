"""Records wrong in every way, among good ones in Avro and JSON: each is kept with its reason, the rest flows."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from confluent_kafka import Message, Producer

from services.broker.local import Endpoints
from services.chassis import client
from services.contracts.partition import partition_of
from services.contracts.record import Record
from tests.e2e.feed import PATIENCE
from tests.e2e.recompute import EVENT, LABEL
from tests.e2e.stream import FUTURE, HOUR, MINUTE, ORDER, RETURN, START, TICK
from tests.platform import Platform, pipeline_named

Place = tuple[str, int, int]
GOOD, ASTRAY = 200, 4
AUDIT = dict.fromkeys(("audit_id", "actor", "action", "subject", "reason", "evidence"), "") | {"clock": 0}
DEAD = {
    "cut short": "undecodable",
    "bytes left over": "undecodable",
    "neither Avro nor JSON": "undecodable",
    "empty": "undecodable",
    "torn JSON": "undecodable",
    "NaN in JSON": "undecodable",
    "a JSON array": "undecodable",
    "an unknown schema": "unknown_schema",
    "a schema of another topic": "foreign_schema",
    "an order among the labels": "foreign_schema",
    "too large": "too_large",
    "a tick from the future": "failed",
}
QUARANTINED = {
    "NaN": {("amount", "type")},
    "infinite": {("amount", "type")},
    "text for a number": {("amount", "type")},
    "a number for text": {("kind", "type")},
    "a flag for a number": {("amount", "type")},
    "no time in the text": {("at", "type")},
    "null": {("amount", "null")},
    "absent": {("amount", "null")},
    "no name": {("order_id", "null")},
    "out of range": {("amount", "range")},
    "not in the set": {("kind", "set")},
    "two at once": {("amount", "range"), ("kind", "set")},
    "before the years": {("at", "range"), ("at", "too_late")},
    "too late": {("at", "too_late")},
    "too late in JSON": {("at", "too_late")},
    "from the future": {("at", "future")},
    "a duplicate": {("order_id", "duplicate")},
    "a duplicate in JSON": {("order_id", "duplicate")},
    "moved once and still astray": {("shop", "key")},
    "a label again": {("", "duplicate")},
    "a label with text for a flag": {("returned", "type")},
    "a label from the future": {("known_at", "future")},
    "a label again among the events": {("", "duplicate")},
}


@dataclass
class Scene:
    """Where each bad record was put, with its bytes, and the names of the good orders and labelled orders."""

    platform: Platform
    producer: Producer
    places: dict[str, Place] = field(default_factory=dict)
    sent: dict[str, bytes | None] = field(default_factory=dict)
    good: list[str] = field(default_factory=list)
    labelled: list[str] = field(default_factory=list)

    def put(self, name: str, data: bytes | None, topic: str = "events.raw", key: str = "s0", **how: Any) -> None:
        """Write a record; `how` may name its partition and headers."""
        self.sent[name] = data
        partition = how.get("partition", self.home(key))

        def note(_error: object, message: Message) -> None:
            self.places[name] = (topic, message.partition() or 0, message.offset() or 0)

        self.producer.produce(
            self.platform.settings.topic(topic),
            key=key.encode(),
            value=data,
            partition=partition,
            headers=how.get("headers", {}),
            on_delivery=note,
        )

    def home(self, key: str) -> int:
        return partition_of(key.encode(), self.platform.settings.partitions)

    def avro(self, value: dict[str, Any], kind: str = ORDER, topic: str = "events.raw") -> bytes:
        return self.platform.codec.encode(topic, kind, value)


def order(name: str, minute: int, **changes: Any) -> dict[str, Any]:
    value = {"order_id": name, "at": START + minute * MINUTE, "shop": f"s{minute % 5}", "amount": 2.5, "kind": "a"}
    return value | changes


def returned(name: str, minute: int, **changes: Any) -> dict[str, Any]:
    value = {"order_id": name, "shop": f"s{minute % 5}", "returned": True}
    return value | {"known_at": START + minute * MINUTE + HOUR} | changes


@pytest.fixture(scope="module")
def scene(broker: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    pipeline = pipeline_named(f"t{uuid.uuid4().hex[:12]}")
    platform = Platform.create(broker, pipeline, tmp_path_factory.mktemp("bad"))
    producer = Producer(client.idempotent_producer(platform.settings, "test"))
    made = Scene(platform, producer)
    try:
        for minute in range(GOOD):
            put_good(made, minute)
            if minute == GOOD // 2:
                put_undecodable(made)
                put_broken(made, minute)
                put_astray(made, minute)
        put_labels(made)
        assert producer.flush(30) == 0
        for service in ("validation", "features", "inference"):
            platform.start(service)
        platform.drained("validation", "features", "inference", within=PATIENCE)
        yield made
    finally:
        platform.close()


def put_good(scene: Scene, minute: int) -> None:
    """An order, every other one in JSON; some of the last ones, which aren't too late after a detour, astray."""
    value = order(f"o{minute}", minute)
    data = orjson.dumps(value | {"note": "not in the schema"}) if minute % 2 else scene.avro(value)
    home = scene.home(value["shop"])
    scene.put(f"good {minute}", data, key=value["shop"], partition=1 - home if minute >= GOOD - ASTRAY else home)
    scene.good.append(value["order_id"])


def put_undecodable(scene: Scene) -> None:
    """What can't be read at all, or not from this topic."""
    whole = scene.avro(order("never", 0))
    scene.put("cut short", whole[:-3])
    scene.put("bytes left over", whole + b"x")
    scene.put("neither Avro nor JSON", b"hello")
    scene.put("empty", None)
    scene.put("torn JSON", orjson.dumps(order("never", 0))[:-5])
    scene.put("NaN in JSON", orjson.dumps(order("never", 0)).replace(b"2.5", b"NaN"))
    scene.put("a JSON array", b'["order"]')
    scene.put("an unknown schema", b"\x00\x7f\xff\xff\xff" + whole[5:])
    scene.put("a schema of another topic", scene.avro(AUDIT, "driftmill.AuditRecorded", "audit"))
    scene.put("an order among the labels", whole, "labels")
    scene.put("too large", orjson.dumps(order("never", 0, kind="a" * 850_000)))
    scene.put("a tick from the future", scene.avro({"time": FUTURE}, TICK))


def put_broken(scene: Scene, minute: int) -> None:
    """Orders that break a rule, half of them in JSON; all of one shop, whose last good order lies five minutes ago."""
    minute -= minute % 5

    def put(name: str, **changes: Any) -> None:
        scene.put(name, scene.avro(order(name, minute, **changes)))

    def put_json(name: str, **changes: Any) -> None:
        value = order(name, minute, **changes)
        scene.put(name, orjson.dumps({key: one for key, one in value.items() if one is not Ellipsis}))

    put("NaN", amount=float("nan"))
    put("infinite", amount=float("inf"))
    put_json("text for a number", amount="2.5")
    put_json("a number for text", kind=7)
    put_json("a flag for a number", amount=True)
    put_json("no time in the text", at="yesterday")
    put_json("null", amount=None)
    put_json("absent", amount=...)
    put("no name", order_id="")
    put("out of range", amount=-0.01)
    put_json("not in the set", kind="z")
    put_json("two at once", amount=-1, kind="z")
    put("before the years", at=-(2**62))
    put("too late", at=START + (minute - 30) * MINUTE)
    put_json("too late in JSON", at="2023-11-14T22:00:00Z")
    put("from the future", at=FUTURE)
    put("a duplicate", order_id=f"o{minute}")
    put_json("a duplicate in JSON", order_id=f"o{minute}")


def put_astray(scene: Scene, minute: int) -> None:
    """A record that was already sent on, but is still not where it belongs."""
    data, away = scene.avro(order("astray", minute - minute % 5)), 1 - scene.home("s0")
    scene.put("moved once and still astray", data, partition=away, headers={"dm-moved": b"events.raw/0/0"})


def put_labels(scene: Scene) -> None:
    """Labels of every third order, in both encodings, and bad ones."""
    for minute in range(0, GOOD, 3):
        value = returned(f"o{minute}", minute)
        data = orjson.dumps(value) if minute % 2 else scene.avro(value, RETURN, "labels")
        scene.put(f"label {minute}", data, "labels", value["shop"])
        scene.labelled.append(value["order_id"])
    first = returned("o0", 0)
    scene.put("a label again", orjson.dumps(first), "labels")
    scene.put("a label with text for a flag", orjson.dumps(first | {"returned": "yes"}), "labels")
    scene.put("a label from the future", scene.avro(first | {"known_at": FUTURE}, RETURN, "labels"), "labels")
    scene.put("a label again among the events", scene.avro(first, RETURN))


def by_place(records: list[Record]) -> dict[Place, Record]:
    fields = ("source_topic", "source_partition", "source_offset")
    found = {tuple(one.value[name] for name in fields): one for one in records}
    assert len(found) == len(records)
    return found


def test_what_cannot_be_read_is_a_dead_letter_with_its_reason(scene: Scene) -> None:
    letters = by_place(scene.platform.read("deadletters.validation"))
    assert letters.keys() == {scene.places[name] for name in DEAD}
    for name, reason in DEAD.items():
        letter = letters[scene.places[name]].value
        assert (name, letter["reason"], letter["raw_value"]) == (name, reason, scene.sent[name])
        assert letter["detail"]
        assert letter["raw_key"] == b"s0"


def test_what_breaks_a_rule_is_quarantined_with_all_reasons(scene: Scene) -> None:
    refused = by_place(scene.platform.read("events.quarantined"))
    named = {place: name for name, place in scene.places.items()}
    assert {named[place] for place in refused} == QUARANTINED.keys()
    for name, rules in QUARANTINED.items():
        value = refused[scene.places[name]].value
        assert (name, {(reason["field"], reason["rule"]) for reason in value["reasons"]}) == (name, rules)
        assert all(reason["expected"] and reason["got"] for reason in value["reasons"])
        assert value["kind"] == ("label" if "label" in name else "event")
        assert value["raw_value"] == scene.sent[name]


def test_the_rest_flows_to_its_answer(scene: Scene) -> None:
    log = scene.platform.read("events", EVENT)
    assert sorted(one.value["event_id"] for one in log) == sorted(scene.good)
    assert all(one.value["payload"]["amount"] == 2.5 for one in log)
    assert all(one.partition == scene.home(one.key) for one in log)
    moved = [one for one in scene.platform.read("events.raw") if "dm-moved" in dict(one.headers)]
    assert len(moved) == ASTRAY + 1
    labels = scene.platform.read("events", LABEL)
    assert sorted(one.value["event_id"] for one in labels) == sorted(scene.labelled)
    answers = scene.platform.read("predictions", "driftmill.Prediction")
    assert sorted(one.value["event_id"] for one in answers) == sorted(scene.good)
    assert {one.value["status"] for one in answers} == {"ok"}
    assert all(child.poll() is None for child in scene.platform.children)
