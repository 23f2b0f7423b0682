"""An offset that isn't known is never taken for one."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient

from services.chassis.bounds import latest
from services.chassis.errors import TransientError

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
