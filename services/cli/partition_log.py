"""The committed records of single partitions, up to a cut, a chunk at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from services.chassis import client, clock
from services.chassis.codec import Codec
from services.chassis.errors import PoisonRecord, TransientError
from services.chassis.settings import ChassisSettings
from services.cli.cut import Cut
from services.contracts.record import POISON, Record

_CHUNK = 2_000
_SILENCE = 30.0


@dataclass(frozen=True, slots=True)
class PartitionLog:
    """Reads partitions independently of each other; several at once if need be. report: told each chunk's size."""

    settings: ChassisSettings
    codec: Codec
    cut: Cut
    report: Callable[[str, int], None]

    def records(self, topic: str, number: int, decoded: bool = True) -> Iterator[Record]:
        """One by one; not decoded: headers and positions only. Raises TransientError."""
        for chunk in self.chunks(topic, number, decoded):
            yield from chunk

    def chunks(self, topic: str, number: int, decoded: bool = True) -> Iterator[list[Record]]:
        """As they come. Raises TransientError."""
        for messages in self._messages(topic, number):
            self.report(topic, len(messages))
            yield [_decoded(self.codec, topic, one) if decoded else _record(topic, one) for one in messages]

    def _messages(self, topic: str, number: int) -> Iterator[list[Message]]:
        start, end = self.cut.starts[topic, number], self.cut.ends[topic, number]
        full, position = self.settings.topic(topic), start
        reader = Consumer(client.plain_consumer(self.settings) | {"auto.offset.reset": "error"})
        try:
            reader.assign([TopicPartition(full, number, start)])
            heard = clock.monotonic()
            while position < end:
                first = reader.poll(1.0)
                polled = [] if first is None else [first, *reader.consume(_CHUNK - 1, 0)]
                if not polled and clock.monotonic() - heard > _SILENCE:
                    raise TransientError(f"Kafka: {full}[{number}] stopped coming at {position}")
                heard = clock.monotonic() if polled else heard
                position = max([position, *map(_after, polled)])
                found = [one for one in polled if one.error() is None and (one.offset() or 0) < end]
                if found:
                    yield found
        finally:
            reader.close()


def _after(message: Message) -> int:
    """The offset behind a message or, at the end of a partition, the end. Raises TransientError."""
    error = message.error()
    if error is None:
        return (message.offset() or 0) + 1
    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
        return message.offset() or 0
    raise TransientError(f"Kafka: {error.str()}")


def _record(topic: str, message: Message, kind: str = "", value: Mapping[str, Any] | None = None) -> Record:
    headers = cast(list[tuple[str, bytes | None]], message.headers() or [])
    key = message.key()
    return Record(
        topic=topic,
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp=message.timestamp()[1] * 1000,
        key=(key or b"").decode("utf-8", "replace"),
        kind=kind,
        value=value or {},
        headers=tuple((name, data) for name, data in headers if data is not None),
        raw_key=key,
    )


def _decoded(codec: Codec, topic: str, message: Message) -> Record:
    try:
        kind, value = codec.decode(topic, message.value())
    except PoisonRecord:
        return _record(topic, message, POISON)
    return _record(topic, message, kind, value)
