"""What is held, what waits, and where the reading of a partition has come to."""

import random

import pytest
from confluent_kafka import KafkaError, Message

from services.chassis.assignment import Assignment, Held, decode
from services.chassis.codec import Codec
from services.chassis.errors import TransientError
from services.contracts.record import POISON
from tests.schema_server import SchemaServer
from tests.unit.chassis.scene import VECTOR, settings, vector

STAMP = (2, 1_700_000_000_123)


@pytest.fixture
def assignment(codec: Codec) -> Assignment:
    made = Assignment(settings(), ("features", "predictions"), codec)
    made.expect({1})
    made.add(1, ["state"], {"features": 10, "predictions": 0})
    made.complete()
    return made


def message(value: bytes | None, offset: int, partition: int = 1) -> Message:
    return Message("shop.features", partition, offset, b"anna", value, [("h", b"1"), ("none", None)], None, STAMP)


def end(offset: int, topic: str = "features") -> Message:
    return Message(f"shop.{topic}", 1, offset, error=KafkaError(KafkaError._PARTITION_EOF))


def features(codec: Codec, *offsets: int) -> list[Message]:
    chance = random.Random(1)
    return [message(codec.encode("features", VECTOR, vector(chance)), offset) for offset in offsets]


def held(assignment: Assignment) -> Held:
    return assignment.held[1]


def test_a_record_has_its_place_time_and_bytes(codec: Codec) -> None:
    (sent,) = features(codec, 12)
    record = decode(codec, "features", sent)
    assert (record.topic, record.partition, record.offset, record.key) == ("features", 1, 12, "anna")
    assert record.timestamp == 1_700_000_000_123_000
    assert record.headers == (("h", b"1"),)
    assert (record.raw_key, record.raw_value) == (b"anna", sent.value())


@pytest.mark.parametrize("value", [None, b"", b"no avro", b"\0\0\0\0\x09abc"])
def test_what_cannot_be_read_is_poison_with_its_bytes(codec: Codec, value: bytes | None) -> None:
    record = decode(codec, "features", message(value, 1))
    assert record.kind == POISON
    assert record.raw_value == value
    assert set(record.value) == {"reason", "detail"}


def test_a_key_that_is_no_text_breaks_nothing(codec: Codec) -> None:
    record = decode(codec, "features", Message("shop.features", 1, 1, b"\xff\xfe", b"x", None, None, STAMP))
    assert record.raw_key == b"\xff\xfe"
    assert record.key.encode()


def test_records_of_partitions_that_are_not_held_are_dropped(assignment: Assignment, codec: Codec) -> None:
    assignment.accept([message(features(codec, 1)[0].value(), 5, partition=0), *features(codec, 10)], 0.0)
    assert [record.offset for record in held(assignment).waiting["features"].records] == [10]


def test_it_rests_when_both_topics_are_read_to_their_end(assignment: Assignment, codec: Codec) -> None:
    assert not held(assignment).is_at_rest
    assignment.accept([end(10), end(0, "predictions")], 0.0)
    assert held(assignment).is_at_rest
    assignment.accept(features(codec, 10), 1.0)
    assert not held(assignment).is_at_rest


def test_quiet_counts_from_the_last_record_and_only_at_the_end(assignment: Assignment, codec: Codec) -> None:
    side = held(assignment).waiting["features"]
    assignment.accept(features(codec, 10), 5.0)
    assert side.quiet_ms == 0.0
    assignment.accept([end(11)], 5.25)
    assignment.accept([], 5.5)
    assert side.quiet_ms == 500.0
    assignment.accept(features(codec, 11), 5.75)
    assert side.quiet_ms == 0.0


def test_time_in_which_nothing_was_polled_is_hardly_quiet(assignment: Assignment, codec: Codec) -> None:
    assignment.accept([*features(codec, 10), end(11)], 5.0)
    assignment.accept([], 65.0)
    assert held(assignment).waiting["features"].quiet_ms == 500.0


def test_markers_behind_the_last_record_are_passed_once_it_is_processed(assignment: Assignment, codec: Codec) -> None:
    assignment.accept([*features(codec, 10), end(13)], 0.0)
    assert held(assignment).past_markers() == {}
    held(assignment).waiting["features"].records.clear()
    held(assignment).positions["features"] = 11
    assert held(assignment).past_markers() == {"features": 13}


def test_what_waits_is_forgotten_for_a_rewind(assignment: Assignment, codec: Codec) -> None:
    assignment.accept([*features(codec, 10), end(11)], 0.0)
    held(assignment).paused.add("features")
    held(assignment).forget_waiting()
    assert not held(assignment).waiting["features"].records
    assert not held(assignment).waiting["features"].ended
    assert not held(assignment).paused
    assert held(assignment).past_markers() == {}


def test_every_rebalance_begins_another_epoch(assignment: Assignment) -> None:
    seen = [assignment.epoch]
    assignment.drop()
    seen.append(assignment.epoch)
    assignment.expect({0, 1})
    seen.append(assignment.epoch)
    assert seen == sorted(set(seen))


def test_it_is_complete_only_while_everything_given_is_held(assignment: Assignment) -> None:
    assert assignment.is_complete
    assignment.drop()
    assert not assignment.is_complete
    assert not assignment.held
    assignment.expect(set())
    assert not assignment.is_complete
    assignment.complete()
    assert assignment.is_complete


def test_a_partition_is_expected_once_all_groups_have_given_it(codec: Codec) -> None:
    made = Assignment(settings(), ("events",), codec, groups=2)
    made.give(0, {0, 1})
    assert made.expected is None
    assert made.disputed == set()
    made.give(1, {1, 2})
    assert made.expected == {1}
    assert made.disputed == {0, 2}


def test_what_one_group_takes_back_is_no_longer_held(codec: Codec) -> None:
    made = Assignment(settings(), ("events",), codec, groups=2)
    made.give(0, {0})
    made.give(1, {0})
    made.add(0, ["state", "state"], {"events": 0})
    made.complete()
    epoch = made.epoch
    made.take_back(1)
    assert not made.held
    assert made.expected is None
    assert made.epoch > epoch
    made.give(1, {0})
    assert made.expected == {0}


def test_an_absent_registry_takes_no_record_away(assignment: Assignment, codec: Codec, server: SchemaServer) -> None:
    sent = [*features(codec, 10), message(b"\0\0\0\0\x09abc", 11)]
    server.status = 503
    with pytest.raises(TransientError):
        assignment.accept(sent, 0.0)
    assert held(assignment).positions == {"features": 10, "predictions": 0}
