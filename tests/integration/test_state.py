"""State is what the log says: rebuilt when it is gone, refused when log or offsets no longer reach back."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from services.broker.local import Endpoints
from services.chassis import client
from services.contracts.partition import partition_of
from services.contracts.record import Record
from services.contracts.topics import partitions_of
from services.features.step import FeaturesStep
from tests.eventually import eventually
from tests.integration.loop_thread import looping, refusal
from tests.laws import flow
from tests.platform import Platform, pipeline_named

START = 1_700_000_000_000_000
MINUTE = 60_000_000
SHOPS = [f"shop{number}" for number in range(7)]
EVENT = "driftmill.EventAccepted"


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def step(platform: Platform) -> FeaturesStep:
    return FeaturesStep(platform.pipeline, platform.settings.partitions)


def publish(platform: Platform, first: int, count: int, shops: Sequence[str] = SHOPS) -> None:
    """Accepted events as validation writes them, numbered by partition."""
    values: list[tuple[str, dict[str, Any]]] = []
    for number in range(first, first + count):
        shop, at = shops[number % len(shops)], START + number * MINUTE
        payload = {"order_id": f"o{number}", "at": at, "shop": shop, "amount": number * 1.5, "kind": "a"}
        event = {"seq": number, "event_id": f"o{number}", "event_time": at, "appended_at": at, "payload": payload}
        values.append((shop, event))
    platform.publish("events", EVENT, values)


def worked(platform: Platform) -> None:
    with looping(platform, "features", step(platform)):
        platform.drained("features")


def recomputed(platform: Platform) -> dict[str, Any]:
    """Vectors of a step that was never interrupted, by event."""
    vectors: dict[str, Any] = {}
    for partition in range(platform.settings.partitions):
        log = [record for record in platform.read("events") if record.partition == partition]
        outputs = flow.run(step(platform), {"events": log}).outputs
        vectors |= {str((output.value or {})["event_id"]): output.value for output in outputs}
    return vectors


def vectors(platform: Platform) -> list[Record]:
    return platform.read("features")


def assert_right(platform: Platform, count: int) -> None:
    found = vectors(platform)
    assert len(found) == count
    assert {record.value["event_id"]: record.value for record in found} == recomputed(platform)


@pytest.fixture
def admin(platform: Platform) -> AdminClient:
    return AdminClient(client.admin(platform.settings))


def forget_snapshots(platform: Platform) -> None:
    """Delete what the object store holds of states."""
    shutil.rmtree(platform.settings.home / "store" / "state", ignore_errors=True)


def truncate(platform: Platform, admin: AdminClient, topic: str, offset: int) -> None:
    """Delete all records of a topic before an offset, as its retention would."""
    full, count = platform.settings.topic(topic), partitions_of(topic, platform.settings.partitions)
    answers = admin.delete_records([TopicPartition(full, number, offset) for number in range(count)])
    for answer in answers.values():
        answer.result(30)


def test_state_that_was_deleted_is_rebuilt_from_the_log(platform: Platform) -> None:
    publish(platform, 0, 700)
    worked(platform)
    shutil.rmtree(platform.settings.state_dir)
    forget_snapshots(platform)
    publish(platform, 700, 300)
    worked(platform)
    assert_right(platform, 1_000)


def test_state_from_a_snapshot_goes_on_where_it_was(platform: Platform, admin: AdminClient) -> None:
    publish(platform, 0, 700)
    worked(platform)
    truncate(platform, admin, "events", 100)
    publish(platform, 700, 300)
    worked(platform)
    assert len(vectors(platform)) == 1_000


def test_a_torn_database_is_not_used(platform: Platform) -> None:
    publish(platform, 0, 200)
    worked(platform)
    forget_snapshots(platform)
    tables = list(platform.settings.state_dir.rglob("*.sst"))
    assert tables
    for path in tables:
        path.write_bytes(path.read_bytes()[:-1])
    publish(platform, 200, 100)
    worked(platform)
    assert_right(platform, 300)


def test_a_log_that_no_longer_reaches_back_is_refused(platform: Platform, admin: AdminClient) -> None:
    publish(platform, 0, 200)
    worked(platform)
    shutil.rmtree(platform.settings.state_dir)
    forget_snapshots(platform)
    truncate(platform, admin, "events", 20)
    why = refusal(platform, "features", step(platform))
    assert "Refused" in why
    assert "begins at offset 20" in why
    assert len(vectors(platform)) == 200


def test_records_that_were_deleted_unread_are_refused(platform: Platform, admin: AdminClient) -> None:
    publish(platform, 0, 100)
    worked(platform)
    publish(platform, 100, 200)
    truncate(platform, admin, "events", 80)
    why = refusal(platform, "features", step(platform))
    assert "Refused" in why
    assert "does not hold offset" in why


def lose_offsets(platform: Platform, admin: AdminClient) -> None:
    """Delete the group, once Kafka has noticed that its member is gone."""
    group = platform.settings.group("features")

    def deleted() -> bool:
        try:
            admin.delete_consumer_groups([group])[group].result(30)
        except KafkaException:
            return False
        return True

    eventually(deleted, 60)


def test_lost_offsets_are_refused_where_output_shows_that_it_worked(platform: Platform, admin: AdminClient) -> None:
    publish(platform, 0, 50)
    worked(platform)
    shutil.rmtree(platform.settings.state_dir)
    forget_snapshots(platform)
    lose_offsets(platform, admin)
    partition = partition_of(SHOPS[0].encode(), 2)
    kept = TopicPartition(platform.settings.topic("events"), 1 - partition, 5)
    group = ConsumerGroupTopicPartitions(platform.settings.group("features"), [kept])
    admin.alter_consumer_group_offsets([group])[group.group_id].result(30)
    why = refusal(platform, "features", step(platform))
    assert "Refused" in why
    assert f"no committed offsets for partition {partition}" in why
    assert len(vectors(platform)) == 50


def test_a_first_transaction_that_was_aborted_leaves_no_trace(platform: Platform) -> None:
    producer = Producer(client.transactional_producer(platform.settings, "features"))
    producer.init_transactions(30)
    producer.begin_transaction()
    for partition in range(2):
        producer.produce(platform.settings.topic("features"), b"never", partition=partition)
    producer.flush(30)
    producer.abort_transaction(30)
    publish(platform, 0, 50)
    worked(platform)
    assert_right(platform, 50)


def test_partition_counts_that_differ_are_refused_with_the_way_to_mend(platform: Platform) -> None:
    child = platform.start("features", DRIFTMILL_PARTITIONS="3")
    assert child.wait(60) == 1
    log = (platform.settings.home / "features-0.log").read_text()
    assert "DRIFTMILL_PARTITIONS" in log
    assert f"{platform.settings.topic('events')} has 2" in log
