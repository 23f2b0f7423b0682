"""Events published one by one at a given rate, and how long each takes to its committed prediction."""

import threading
from collections.abc import Sequence

import numpy as np
from confluent_kafka import Consumer, Producer, TopicPartition

from services.chassis import client, clock
from tests.bench import cards
from tests.bench.ground import Ground

_HEADER = "traceparent"
_LIMIT_SECONDS = 60.0


class Course:
    """From `events.raw` to `predictions` of one contestant. An event is known again by its tracing header."""

    def __init__(self, there: Ground, entities: int = 5_000) -> None:
        self.there, self._entities, self._published = there, entities, 0
        settings = there.platform.settings
        self._settings = settings
        self._producer = Producer(client.idempotent_producer(settings, "paced") | {"linger.ms": 0})
        self._consumer = Consumer(client.plain_consumer(settings))
        topic = settings.topic("predictions")
        self._consumer.assign([TopicPartition(topic, number, 0) for number in range(settings.partitions)])

    def run(self, rate: int, count: int) -> list[float]:
        """Seconds from publication to reading, of each event in order. AssertionError if answers stay away."""
        first, self._published = self._published, self._published + count
        drawn = cards.uniform(self._entities, count, first)
        events = list(cards.payments(drawn, first))
        values = self.there.platform.codec.encode_all("events.raw", cards.EVENT, [value for _, value in events])
        keys = [key.encode() for key, _ in events]
        sent, came = np.zeros(count), np.zeros(count)
        thread = threading.Thread(target=self._publish, args=(rate, first, keys, values, sent))
        thread.start()
        self._read(first, came)
        thread.join()
        return [float(seconds) for seconds in came - sent]

    def close(self) -> None:
        """Leave."""
        self._consumer.close()

    def _publish(
        self, rate: int, first: int, keys: Sequence[bytes], values: Sequence[bytes], sent: cards.Times
    ) -> None:
        topic = self._settings.topic("events.raw")
        started = clock.monotonic()
        for number, (key, value) in enumerate(zip(keys, values, strict=True)):
            wait = started + number / rate - clock.monotonic()
            if wait > 0:
                clock.sleep(wait)
            sent[number] = clock.monotonic()
            header: dict[str, str | bytes | None] = {_HEADER: _trace(first + number)}
            self._producer.produce(topic, value, key, headers=header)
            self._producer.poll(0)
        self._producer.flush()

    def _read(self, first: int, came: cards.Times) -> None:
        deadline, missing = clock.monotonic() + _LIMIT_SECONDS, len(came)
        while missing:
            assert clock.monotonic() < deadline, f"{missing} of {len(came)} events without a prediction"
            one = self._consumer.poll(0.1)
            now = clock.monotonic()
            for message in [] if one is None else [one, *self._consumer.consume(1_000, 0)]:
                # activations of models stand among the predictions
                if message.error() is None and (headers := message.headers()):
                    came[_number(headers) - first] = now
                    missing -= 1


def _trace(number: int) -> bytes:
    return f"00-{number + 1:032x}-b7ad6b7169203331-01".encode()


def _number(headers: object) -> int:
    found = dict(headers) if isinstance(headers, list) else {}
    return int(bytes(found[_HEADER]).split(b"-")[1], 16) - 1
