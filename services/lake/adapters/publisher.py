"""Writes records of one kind to a control topic, and waits until Kafka has them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import Producer

from services.chassis import client
from services.chassis.codec import Codec
from services.chassis.errors import Refused
from services.chassis.settings import ChassisSettings


class Publisher:
    """name: of the client, for the broker's logs."""

    def __init__(self, settings: ChassisSettings, codec: Codec, topic: str, kind: str, name: str) -> None:
        self._settings, self._codec, self._topic, self._kind = settings, codec, topic, kind
        self._producer = Producer(client.idempotent_producer(settings, settings.group(name)))

    def publish(self, values: Iterable[tuple[str, Mapping[str, Any]]], tick: Callable[[], None]) -> None:
        """Write values by key and wait until Kafka has them, as long as it takes; `tick` is called meanwhile.

        Raises Refused when Kafka gave one up: only a new start can tell which are there.
        """
        failures: list[str] = []
        for key, value in values:
            self._producer.produce(
                self._settings.topic(self._topic),
                key=key.encode(),
                value=self._codec.encode(self._topic, self._kind, value),
                partition=0,
                on_delivery=lambda error, _message: failures.append(error.str()) if error else None,
            )
        while self._producer.flush(1.0):
            tick()
        if failures:
            raise Refused(
                f"Kafka did not take a record of {self._topic}: {failures[0]}. Start again: what is missing is written "
                "then."
            )
