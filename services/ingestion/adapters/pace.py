"""How fast a replay goes: as fast as possible, at a multiple of event time, and at rest after each chunk."""

from collections.abc import Callable
from typing import Protocol

from services.chassis import clock
from services.chassis.errors import TransientError

_PAUSE_SECONDS = 0.5

OnWait = Callable[[str], None]


class Settling(Protocol):
    """Knows when everything that was published has been worked off."""

    def wait_settled(self, timeout: float, on_wait: OnWait) -> bool: ...


class NotSettled(Exception):
    """The chain did not come to rest in time."""


class Pace:
    """speed: event seconds a second, or None for as fast as possible. settling: asked at chunk ends, unless None."""

    def __init__(self, speed: float | None, settling: Settling | None, timeout: float, on_wait: OnWait) -> None:
        self._speed, self._settling, self._timeout, self._on_wait = speed, settling, timeout, on_wait
        self._begun: tuple[float, int] | None = None

    def until(self, time: int) -> None:
        """Wait until an event of this time (microseconds) is due."""
        if self._speed is None:
            return
        if self._begun is None:
            self._begun = (clock.monotonic(), time)
        due = self._begun[0] + (time - self._begun[1]) / 1e6 / self._speed
        if (early := due - clock.monotonic()) > 0:
            clock.sleep(early)

    def rest(self, end: int) -> None:
        """Wait until the chain is at rest. Raises NotSettled."""
        if self._settling is None:
            return
        told: list[str] = []

        def on_wait(what: str) -> None:
            told.append(what)
            self._on_wait(what)

        deadline = clock.monotonic() + self._timeout
        while not self._is_settled(self._settling, deadline - clock.monotonic(), on_wait):
            if clock.monotonic() < deadline:
                continue
            last = told[-1] if told else "the first answer"
            raise NotSettled(
                f"after {self._timeout:.0f} s the chain still waits for {last}. See the log of that service, "
                "or `driftmill status`; `--pace max` doesn't wait."
            )
        # time spent at rest doesn't count for the pace
        if self._speed is not None:
            self._begun = (clock.monotonic(), end)

    @staticmethod
    def _is_settled(settling: Settling, timeout: float, on_wait: OnWait) -> bool:
        """Kafka may have a weak moment: nothing is lost by asking again."""
        try:
            return settling.wait_settled(timeout, on_wait)
        except TransientError as error:
            on_wait(str(error))
            clock.sleep(min(_PAUSE_SECONDS, max(timeout, 0.0)))
            return False
