"""Ends a process that has stopped making progress, so that its supervisor starts a new one.

Faust's consumers are known to die without a word. A thread of its own looks, so that it sees a blocked event loop too.
"""

import logging
import os
import threading
from collections.abc import Callable

from confluent_kafka import Consumer, TopicPartition

from services.chassis import client, clock
from services.chassis.settings import ChassisSettings

log = logging.getLogger(__name__)

STUCK_SECONDS = 60.0
LOOK_SECONDS = 5.0
EXIT_CODE = 70
"""EX_SOFTWARE of sysexits.h."""


class Watchdog:
    """Compares how far the work is with what waits in a topic's only partition.

    position: the next offset to be worked on. on_stuck: what to do when input has waited for `limit` seconds while
    the position stood still; by default the process ends.
    """

    def __init__(
        self,
        settings: ChassisSettings,
        topic: str,
        position: Callable[[], int],
        limit: float = STUCK_SECONDS,
        on_stuck: Callable[[], None] | None = None,
    ) -> None:
        self._settings, self._topic, self._position, self._limit = settings, topic, position, limit
        self._on_stuck = on_stuck or _end
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _watch(self) -> None:
        reader = Consumer(client.plain_consumer(self._settings))
        seen, since = self._position(), clock.monotonic()
        while not self._stop.wait(min(LOOK_SECONDS, self._limit)):
            position = self._position()
            if position != seen:
                seen, since = position, clock.monotonic()
            elif clock.monotonic() - since >= self._limit:
                if self._has_input(reader, position):
                    log.critical("no progress while input waits", extra={"topic": self._topic, "offset": position})
                    self._on_stuck()
                    break
                since = clock.monotonic()
        reader.close()

    def _has_input(self, reader: Consumer, position: int) -> bool:
        """Whether a committed record waits; Kafka not answering isn't this process's fault."""
        reader.assign([TopicPartition(self._settings.topic(self._topic), 0, position)])
        try:
            message = reader.poll(5.0)
            return message is not None and message.error() is None
        finally:
            reader.unassign()


def _end() -> None:
    logging.shutdown()
    os._exit(EXIT_CODE)
