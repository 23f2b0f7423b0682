"""Writes `datasets`, each event once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import Producer

from services.chassis import client
from services.chassis.codec import Codec
from services.chassis.errors import Refused
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings

_TOPIC = "datasets"
_KIND = "driftmill.DatasetExtended"


class Announcements:
    """Publishes datasets in the order of their clocks."""

    def __init__(self, settings: ChassisSettings, codec: Codec) -> None:
        self._settings, self._codec = settings, codec
        self._producer = Producer(client.idempotent_producer(settings, settings.group("lake")))

    def last(self) -> Mapping[str, Any] | None:
        """The newest dataset in the topic, None without any."""
        known = [record.value for record in read_topic(self._settings, self._codec, _TOPIC)]
        return max(known, key=lambda value: value["clock"], default=None)

    def publish(self, datasets: Sequence[Mapping[str, Any]], tick: Callable[[], None]) -> None:
        """Write datasets and wait until Kafka has them, as long as it takes; `tick` is called meanwhile.

        Raises Refused when Kafka gave one up: only a new start can tell which are there.
        """
        failures: list[str] = []
        for value in datasets:
            self._producer.produce(
                self._settings.topic(_TOPIC),
                key=value["dataset_id"].encode(),
                value=self._codec.encode(_TOPIC, _KIND, value),
                partition=0,
                on_delivery=lambda error, _message: failures.append(error.str()) if error else None,
            )
        while self._producer.flush(1.0):
            tick()
        if failures:
            raise Refused(f"Kafka did not take a dataset: {failures[0]}. Start again: what is missing is written then.")
