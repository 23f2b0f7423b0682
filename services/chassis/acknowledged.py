"""Writes records to Kafka and says of each when the broker has acknowledged it."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from services.chassis import client
from services.chassis.settings import ChassisSettings

_DELIVERY_MS = 10_000
_POLL_SECONDS = 0.1
_FLUSH_SECONDS = 12.0

Headers = Sequence[tuple[str, str | bytes | None]]


class NotAcknowledged(Exception):
    """The broker has not confirmed a record; it may have been written all the same."""


class AcknowledgedWriter:
    """An idempotent producer (acks=all) with a thread that reports deliveries.

    on_down: called, from that thread, when no broker can be reached.
    """

    def __init__(self, settings: ChassisSettings, on_down: Callable[[], None]) -> None:
        def on_error(error: KafkaError) -> None:
            if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001
                on_down()

        config = client.idempotent_producer(settings, "intake", on_error) | {"message.timeout.ms": _DELIVERY_MS}
        self._producer = Producer(config)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._report, name="deliveries", daemon=True)
        self._thread.start()

    def _report(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(_POLL_SECONDS)

    def write(self, topic: str, key: bytes, data: bytes, headers: Mapping[str, str]) -> "asyncio.Future[None]":
        """Write a record to its key's partition; the result is there once it is acknowledged, else NotAcknowledged.

        Raises NotAcknowledged at once where the queue is full.
        """
        acknowledged: Future[None] = Future()
        # from here on nobody can cancel it, so the report below always finds it open
        acknowledged.set_running_or_notify_cancel()

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is None:
                acknowledged.set_result(None)
            else:
                acknowledged.set_exception(NotAcknowledged(error.str()))

        carried: list[tuple[str, Any]] = list(headers.items())
        try:
            self._producer.produce(topic, key=key, value=data, headers=carried, on_delivery=delivered)
        except BufferError:
            raise NotAcknowledged("too much waits to be written") from None
        return asyncio.wrap_future(acknowledged)

    def can_reach_broker(self) -> bool:
        """Whether a broker answers within two seconds."""
        try:
            return bool(self._producer.list_topics(timeout=2.0).brokers)
        except Exception:
            return False

    def close(self) -> None:
        """Wait for what is under way, then stop."""
        self._producer.flush(_FLUSH_SECONDS)
        self._closed.set()
        self._thread.join()
