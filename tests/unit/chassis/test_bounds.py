"""Ends of topics, and whether a record lies between two offsets, are said only when the broker has said so."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, IsolationLevel, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from services.chassis.bounds import has_record, latest
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


_UNKNOWN = -1001
"""What the client answers while a leader changes, without an error."""


class Answering:
    """A client that answers with offsets, place by place."""

    def __init__(self, *offsets: int) -> None:
        self._offsets = offsets
        self.leaders_asked = False

    def list_topics(self, timeout: float) -> None:
        self.leaders_asked = True

    def list_offsets(self, asked: dict[TopicPartition, Any], **_: Any) -> dict[TopicPartition, "Future[Any]"]:
        answers: dict[TopicPartition, Future[Any]] = {place: Future() for place in asked}
        for answer, offset in zip(answers.values(), self._offsets, strict=True):
            answer.set_result(SimpleNamespace(offset=offset))
        return answers


PLACES = [TopicPartition("shop.events", 0), TopicPartition("shop.events", 1)]


def test_ends_are_told_by_place() -> None:
    admin = cast(AdminClient, Answering(0, 7))
    assert list(latest(admin, PLACES, IsolationLevel.READ_COMMITTED).values()) == [0, 7]


def test_an_answer_without_an_offset_is_none_and_the_leaders_are_asked_for() -> None:
    admin = Answering(3, _UNKNOWN)
    with pytest.raises(TransientError, match=r"no end of shop.events\[1\]"):
        latest(cast(AdminClient, admin), PLACES, IsolationLevel.READ_COMMITTED)
    assert admin.leaders_asked
