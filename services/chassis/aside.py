"""Writes measurements outside the transactions: no answer waits for them, and a lost one is a gap in a sum."""

import logging

from confluent_kafka import KafkaException, Producer

from services.chassis import client
from services.chassis.configs import bare_codec
from services.chassis.errors import TransientError
from services.chassis.settings import ChassisSettings
from services.contracts.record import Output

log = logging.getLogger(__name__)

_FLUSH_SECONDS = 5.0


class Aside:
    """For one thread of a service, whose flow never waits for it."""

    def __init__(self, settings: ChassisSettings, service: str) -> None:
        self._settings, self._codec = settings, bare_codec(settings)
        self.process = settings.instance(service)
        self._producer = Producer(client.idempotent_producer(settings, f"{self.process}-aside"))

    def write(self, output: Output) -> None:
        """Write a record of a control topic; what can't be written is told in the log, and left out."""
        assert output.value is not None
        try:
            data = self._codec.encode(output.topic, output.kind, output.value)
            self._producer.produce(self._settings.topic(output.topic), key=output.key.encode(), value=data)
            self._producer.poll(0)
        except (BufferError, KafkaException, TransientError) as error:
            log.warning("measurement left out", extra={"topic": output.topic, "why": str(error)})

    def close(self) -> None:
        """Wait a little for what is under way."""
        self._producer.flush(_FLUSH_SECONDS)
