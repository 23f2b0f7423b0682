"""Writes events, labels and ticks into the raw topics, each in its key's partition."""

from collections.abc import Iterable
from typing import Literal

from confluent_kafka import KafkaException, Producer

from services.chassis import client
from services.chassis.codec import Codec
from services.chassis.errors import TransientError
from services.chassis.settings import ChassisSettings
from services.contracts.partition import partition_of
from services.contracts.record import Value

Layout = Literal["raw", "both"]
"""`raw`: events and labels in `events.raw`, in known-at order; `both`: labels in a topic of their own."""

_TICK = "driftmill.Tick"
_FLUSH_SECONDS = 60.0


class RawLog:
    """An idempotent producer of raw records: order within a partition is the order of the calls."""

    def __init__(self, settings: ChassisSettings, codec: Codec, layout: Layout = "raw") -> None:
        self._codec = codec
        self._topics = {short: settings.topic(short) for short in ("events.raw", "labels")}
        self._label_topic = "labels" if layout == "both" else "events.raw"
        self._partitions = settings.partitions
        self._failure: str | None = None
        self._producer = Producer(client.idempotent_producer(settings, "ingestion"))

    def event(self, kind: str, key: str, value: Value) -> None:
        """Write an event. Raises ValueError if it doesn't fit its schema."""
        self._write("events.raw", kind, key.encode(), value)

    def label(self, kind: str, key: str, value: Value) -> None:
        """Write a label. Raises ValueError if it doesn't fit its schema."""
        self._write(self._label_topic, kind, key.encode(), value)

    def tick(self, time: int) -> None:
        """Tell every partition that time has passed, and wait until Kafka has all that was written before."""
        for topic in self._tick_topics():
            data = self._codec.encode(topic, _TICK, {"time": time})
            for partition in range(self._partitions):
                self._produce(topic, partition, None, data)
        self.flush()

    def flush(self) -> None:
        """Wait until Kafka has everything. Raises TransientError if it hasn't within a minute, or refused a record."""
        left = self._producer.flush(_FLUSH_SECONDS)
        if self._failure is not None:
            raise TransientError(f"Kafka did not take a raw record: {self._failure}")
        if left:
            raise TransientError(f"Kafka has not taken {left} records within {_FLUSH_SECONDS:.0f} s")

    def _tick_topics(self) -> Iterable[str]:
        return sorted({"events.raw", self._label_topic})

    def _write(self, topic: str, kind: str, key: bytes, value: Value) -> None:
        data = self._codec.encode(topic, kind, value)
        self._produce(topic, partition_of(key, self._partitions), key, data)

    def _produce(self, topic: str, partition: int, key: bytes | None, data: bytes) -> None:
        while True:
            try:
                self._producer.produce(
                    self._topics[topic], key=key, value=data, partition=partition, on_delivery=self._delivered
                )
                break
            except BufferError:
                # the queue is full: let deliveries make room
                self._producer.poll(0.1)
            except KafkaException as error:
                raise TransientError(f"Kafka: {error.args[0].str()}") from error
        self._producer.poll(0)

    def _delivered(self, error: object, _message: object) -> None:
        if error is not None and self._failure is None:
            self._failure = str(error)
