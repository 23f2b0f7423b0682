"""Reading whole topics outside any group: compacted views, histories, what people look at."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import MappingProxyType

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from services.chassis import client, clock
from services.chassis.assignment import decode
from services.chassis.bounds import bounds
from services.chassis.codec import Codec
from services.chassis.errors import TransientError
from services.chassis.settings import ChassisSettings
from services.contracts.record import Record

_CHUNK = 2_000
_SILENCE = 15.0
FOLLOWED_MS = 200
"""For who follows a topic that seldom has news: asked every 20 ms, ten of these cost a broker a tenth of a core."""


class TopicReader:
    """Reads the committed records of one topic from a place on; also tells how far it is.

    wait_ms: how long the broker may hold an empty answer back; who watches many topics asks it less often.
    starts: the offsets of partitions to begin at, 0 where there is none.
    """

    def __init__(
        self,
        settings: ChassisSettings,
        codec: Codec,
        topic: str,
        partitions: int = 1,
        wait_ms: int = 20,
        starts: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        self._codec, self._topic, self._full = codec, topic, settings.topic(topic)
        self._consumer = Consumer(client.plain_consumer(settings) | {"fetch.wait.max.ms": wait_ms})
        self._partitions = partitions
        self.positions = {number: starts.get(number, 0) for number in range(partitions)}
        self._read_from_positions()

    def ends(self) -> dict[int, int]:
        """Offset after the last committed record of each partition. Raises TransientError."""
        return {number: bounds(self._consumer, self._full, number)[1] for number in range(self._partitions)}

    def poll(self, timeout: float) -> list[Record]:
        """Records that have come since the last call; a tombstone has no `raw_value`.

        timeout: seconds to wait for the first. Raises TransientError; the next call gives the same records again.
        """
        first = self._consumer.poll(timeout)
        messages = [] if first is None else [first, *self._consumer.consume(_CHUNK, 0)]
        try:
            records, positions = self._decoded(messages)
        except TransientError:
            self._read_from_positions()
            raise
        self.positions = positions
        return records

    def _decoded(self, messages: list[Message]) -> tuple[list[Record], dict[int, int]]:
        records, positions = [], dict(self.positions)
        for message in messages:
            number, offset, error = message.partition() or 0, message.offset() or 0, message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
                    raise TransientError(f"Kafka: {error.str()}")
                positions[number] = max(positions[number], offset)
                continue
            positions[number] = offset + 1
            records.append(decode(self._codec, self._topic, message))
        return records, positions

    def _read_from_positions(self) -> None:
        self._consumer.assign([TopicPartition(self._full, number, at) for number, at in self.positions.items()])

    def to_end(self) -> Iterator[Record]:
        """All records from the present place to the end as it is now. Raises TransientError."""
        yield from self.poll(0)
        ends, heard = self.ends(), clock.monotonic()
        while any(self.positions[number] < end for number, end in ends.items()):
            before = self.positions
            yield from self.poll(0.5)
            if self.positions != before:
                heard = clock.monotonic()
            elif clock.monotonic() - heard > _SILENCE:
                raise TransientError(f"Kafka: {self._full} stopped coming at {self.positions}")

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


def read_topic(settings: ChassisSettings, codec: Codec, topic: str, partitions: int = 1) -> list[Record]:
    """All committed records of a topic up to its present end."""
    reader = TopicReader(settings, codec, topic, partitions)
    try:
        return list(reader.to_end())
    finally:
        reader.close()


def read_topics(settings: ChassisSettings, codec: Codec, topics: Iterable[str]) -> dict[str, list[Record]]:
    """As `read_topic`, of several topics of one partition each at a time."""
    topics = list(topics)
    with ThreadPoolExecutor(len(topics)) as pool:
        return dict(zip(topics, pool.map(partial(read_topic, settings, codec), topics), strict=True))
