"""A replay rests when the chain does, and says what it waits for."""

import pytest

from services.chassis.errors import TransientError
from services.ingestion.adapters.pace import NotSettled, OnWait, Pace


class _Chain:
    def __init__(self, settles: bool) -> None:
        self.settles = settles

    def wait_settled(self, timeout: float, on_wait: OnWait) -> bool:
        on_wait("training")
        return self.settles


def test_rest_tells_what_is_waited_for() -> None:
    told = list[str]()
    Pace(None, _Chain(True), 5, told.append).rest(10)
    assert told == ["training"]


def test_a_chain_that_never_rests_is_an_error_that_names_the_service() -> None:
    with pytest.raises(NotSettled, match="still waits for training"):
        Pace(None, _Chain(False), 0.05, lambda _: None).rest(10)


def test_a_weak_moment_of_kafka_is_waited_out() -> None:
    class Weak(_Chain):
        asked = 0

        def wait_settled(self, timeout: float, on_wait: OnWait) -> bool:
            self.asked += 1
            if self.asked == 1:
                raise TransientError("Kafka: leader epoch")
            return True

    told = list[str]()
    Pace(None, Weak(True), 5, told.append).rest(10)
    assert told == ["Kafka: leader epoch"]


def test_without_settling_nothing_is_waited_for() -> None:
    Pace(None, None, 5, lambda _: None).rest(10)


def test_rows_are_due_at_a_multiple_of_event_time() -> None:
    pace = Pace(1e9, None, 5, lambda _: None)
    pace.until(0)
    pace.until(10_000_000)
