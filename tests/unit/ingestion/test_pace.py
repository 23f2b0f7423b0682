"""A replay rests when the chain does, and says what it waits for."""

import pytest

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
        Pace(None, _Chain(False), 5, lambda _: None).rest(10)


def test_without_settling_nothing_is_waited_for() -> None:
    Pace(None, None, 5, lambda _: None).rest(10)


def test_rows_are_due_at_a_multiple_of_event_time() -> None:
    pace = Pace(1e9, None, 5, lambda _: None)
    pace.until(0)
    pace.until(10_000_000)
