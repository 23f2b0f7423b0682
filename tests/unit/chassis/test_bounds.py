"""Whether a record lies between two offsets is said only when the broker has said so."""

from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from services.chassis.bounds import has_record
from services.chassis.errors import TransientError


class Reader:
    """A consumer that polls one message."""

    def __init__(self, message: Message) -> None:
        self.message, self.assigned = message, list[TopicPartition]()

    def assign(self, places: list[TopicPartition]) -> None:
        self.assigned = places

    def unassign(self) -> None:
        self.assigned = []

    def poll(self, _timeout: float) -> Message:
        return self.message


def found(**message: Any) -> bool:
    reader = Reader(Message("shop.features", 1, 7, **message))
    try:
        return has_record(cast(Consumer, reader), "shop.features", 1, 0)
    finally:
        assert reader.assigned == []


def test_a_record_is_one_and_the_end_of_the_partition_is_none() -> None:
    assert found(value=b"x")
    assert not found(error=KafkaError(KafkaError._PARTITION_EOF))


@pytest.mark.parametrize(
    "code", [KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError.NOT_LEADER_FOR_PARTITION]
)
def test_an_error_says_nothing_about_records(code: int) -> None:
    with pytest.raises(TransientError, match=r"shop\.features\[1\]"):
        found(error=KafkaError(code))
