"""Validation alone against real topics: verdicts, one dense log a partition, kills and restarts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from services.broker.local import Endpoints
from services.chassis import client
from services.contracts.record import Record
from tests.eventually import eventually
from tests.platform import Platform, pipeline_named

START = 1_700_000_000_000_000
MINUTE = 60_000_000


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def order(number: int, **changes: Any) -> tuple[str, dict[str, Any]]:
    value = {"order_id": f"o{number}", "at": START + number * MINUTE // 10, "shop": f"s{number % 7}"}
    value |= {"amount": 1.0, "kind": "a"} | changes
    return str(value["shop"]), value


def returned(number: int, **changes: Any) -> tuple[str, dict[str, Any]]:
    value = {"order_id": f"o{number}", "shop": f"s{number % 7}", "returned": True, "known_at": START + number * MINUTE}
    return str(value["shop"]), value | changes


def accepted(platform: Platform) -> list[Record]:
    return platform.read("events", "driftmill.EventAccepted")


def assert_dense(records: list[Record]) -> None:
    for partition in {record.partition for record in records}:
        numbers = [record.value["seq"] for record in records if record.partition == partition]
        assert numbers == list(range(len(numbers)))


def test_each_record_ends_where_it_belongs(platform: Platform) -> None:
    good = [order(number) for number in range(20)]
    platform.publish("events.raw", "small.Order", [*good, order(3), order(30, amount=-1.0), order(31, kind="z")])
    platform.publish("events.raw", "small.Order", [order(32, amount=float("nan"))])
    platform.publish("labels", "small.Return", [returned(1), returned(1), returned(1, returned=False)])
    platform.publish("events.raw", "driftmill.Tick", [("s0", {"time": START + 90 * MINUTE})])
    key, value = order(40)
    platform.publish_raw("events.raw", [(key.encode(), orjson.dumps(value | {"at": "2023-11-14T23:00:00+00:00"}))])
    platform.publish_raw("events.raw", [(b"s1", orjson.dumps(order(41)[1] | {"amount": "ten"}))])
    platform.publish_raw("events.raw", [(b"s1", b"\x00\x00\x0f\x00\x00junk"), (b"s1", b"garbage")])
    platform.start("validation")
    platform.drained("validation")
    records = accepted(platform)
    assert sorted(record.value["event_id"] for record in records) == sorted(
        [*(f"o{number}" for number in range(20)), "o40"]
    )
    assert_dense(records)
    assert [record.value["label"] for record in platform.read("events", "driftmill.LabelAccepted")] == [1.0, 0.0]
    rules = {
        (record.value["event_id"], reason["field"], reason["rule"])
        for record in platform.read("events.quarantined")
        for reason in record.value["reasons"]
    }
    assert rules == {
        ("o3", "order_id", "duplicate"),
        ("o30", "amount", "range"),
        ("o31", "kind", "set"),
        ("o32", "amount", "type"),
        ("o1", "", "duplicate"),
        ("o41", "amount", "type"),
    }
    assert sorted(letter.value["reason"] for letter in platform.read("deadletters.validation")) == [
        "undecodable",
        "unknown_schema",
    ]
    assert {profile.value["stream"] for profile in platform.read("profiles")} == {"inputs"}
    assert len(platform.read("events", "driftmill.Tick")) == 1


def test_a_record_in_a_foreign_partition_is_moved_home(platform: Platform) -> None:
    producer = Producer(client.idempotent_producer(platform.settings, "test"))
    for number in range(40):
        key, value = order(number)
        data = platform.codec.encode("events.raw", "small.Order", value)
        producer.produce(platform.settings.topic("events.raw"), key=key.encode(), value=data, partition=number % 2)
    assert producer.flush(30) == 0
    platform.start("validation")
    eventually(lambda: len(accepted(platform)) == 40, 60)
    records = accepted(platform)
    assert_dense(records)
    homes = {record.key: record.partition for record in records}
    assert all(homes[record.key] == record.partition for record in records)


def test_kill_9_loses_and_doubles_nothing(platform: Platform) -> None:
    total, part = 4_000, 2_000
    for first in range(0, total, part):
        child = platform.start("validation", DRIFTMILL_BATCH_RECORDS="50")
        platform.publish("events.raw", "small.Order", [order(number) for number in range(first, first + part)])
        eventually(lambda: len(accepted(platform)) > first + part // 4, 60)  # noqa: B023
        platform.kill(child)
    platform.start("validation")
    platform.drained("validation")
    records = accepted(platform)
    assert sorted(record.value["event_id"] for record in records) == sorted(f"o{number}" for number in range(total))
    assert_dense(records)
    assert platform.read("events.quarantined") == []
    windows = [(p.value["partition"], p.value["window_end"]) for p in platform.read("profiles")]
    assert len(windows) == len(set(windows))
