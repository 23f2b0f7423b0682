"""Produces accepted payments at a given rate, in a process of its own: `python -m tests.bench.pace RATE ENTITIES`."""

import sys

from confluent_kafka import Producer

from services.chassis import client, clock
from services.chassis.codec import Codec
from services.chassis.configs import codec_for
from services.chassis.settings import ChassisSettings
from tests.bench import cards
from tests.platform import pipeline_named

_TICK = 0.05
_DRAWN = 4_000_000


def main(rate: int, entities: int) -> None:
    """Write by Zipf's law until killed; after a pause as much as was missed."""
    settings = ChassisSettings()
    codec = codec_for(settings, pipeline_named(settings.pipeline, cards.PIPELINE))
    producer = Producer(client.idempotent_producer(settings, "pace"))
    drawn, written, started = cards.zipf(entities, _DRAWN), 0, clock.monotonic()
    while written < _DRAWN:
        due = min(int((clock.monotonic() - started) * rate), written + rate, _DRAWN)
        _write(settings, codec, producer, list(cards.accepted(drawn[written:due], entities + written)))
        written = due
        clock.sleep(_TICK)


def _write(settings: ChassisSettings, codec: Codec, producer: Producer, events: list[cards.Keyed]) -> None:
    topic = settings.topic("events")
    encoded = codec.encode_all("events", "driftmill.EventAccepted", [value for _, value in events])
    for (key, _), data in zip(events, encoded, strict=True):
        producer.produce(topic, key=key, value=data)
    producer.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
