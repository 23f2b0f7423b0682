"""All partitions of the kept topics, read from given offsets without a group's assignment."""

import logging
from collections import deque
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from services.chassis import client
from services.chassis.assignment import decode
from services.chassis.codec import Codec
from services.chassis.errors import Refused, TransientError
from services.chassis.settings import ChassisSettings
from services.contracts.record import POISON, Record

log = logging.getLogger(__name__)

_TIMEOUT = 5.0
_CHUNK = 2_000

Place = tuple[str, int]
"""Short name of a topic, and partition."""


class TopicLog:
    """Reads committed records in order. positions: next offset of each place, past transaction markers at an end."""

    def __init__(self, settings: ChassisSettings, codec: Codec, service: str, starts: Mapping[Place, int]) -> None:
        self._settings, self._codec = settings, codec
        config = client.frugal_consumer(settings, settings.group(service)) | {"error_cb": self._on_error}
        self._consumer = Consumer(config)
        self._unreachable = False
        self._raw: deque[Message] = deque()
        self.positions = dict(starts)
        self._ended: set[Place] = set()
        self._told: dict[Place, int] = {}

    def open(self) -> None:
        """Begin to read. Raises Refused if records that weren't read are gone, TransientError."""
        for (topic, partition), start in self.positions.items():
            low, _ = self.bounds(topic, partition)
            if 0 < start < low:
                raise Refused(
                    f"{self._settings.topic(topic)}[{partition}] begins at offset {low}, but the lake holds it up to "
                    f"{start}: the records between are lost. Raise the topic's retention; to go on without them, move "
                    "the lake's tables of that topic away."
                )
        self._consumer.assign(self._offsets(self.positions))

    @property
    def drained(self) -> bool:
        """Whether every place was at its end when it was last heard of."""
        return not self._raw and len(self._ended) == len(self.positions)

    def poll(self, seconds: float) -> list[Record]:
        """What has come. seconds: how long to wait for the first.

        Raises Refused for what can't be read; TransientError, and then nothing is lost: poll again.
        """
        self._check_connection()
        if not self._raw and (first := self._consumer.poll(seconds)) is not None:
            self._raw.extend([first, *self._consumer.consume(_CHUNK, 0)])
        records: list[Record] = []
        while self._raw:
            try:
                record = self._accept(self._raw[0])
            except TransientError:
                if records:
                    break
                raise
            self._raw.popleft()
            if record is not None:
                records.append(record)
        return records

    def _check_connection(self) -> None:
        if self._unreachable:
            self.bounds(*next(iter(self.positions)))
            self._unreachable = False

    def commit(self) -> None:
        """Tell the group how far everything is kept, for others to see. Raises TransientError."""
        moved = {place: offset for place, offset in self.positions.items() if self._told.get(place) != offset}
        if not moved:
            return
        try:
            self._consumer.commit(offsets=self._offsets(moved), asynchronous=False)
        except KafkaException as error:
            raise TransientError(f"Kafka: {error.args[0].str()}") from error
        self._told |= moved

    def close(self) -> None:
        """Leave."""
        self._consumer.close()

    def _accept(self, message: Message) -> Record | None:
        topic = self._settings.short_topic(message.topic())
        place, offset, error = (topic, message.partition() or 0), message.offset() or 0, message.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
                self._unreachable = True
                log.warning("reading", extra={"where": f"{message.topic()}[{place[1]}]", "why": error.str()})
                return None
            self.positions[place] = max(self.positions[place], offset)
            self._ended.add(place)
            return None
        record = decode(self._codec, topic, message)
        if record.kind == POISON:
            raise Refused(f"{message.topic()}[{place[1]}]@{offset} can't be read: {record.value['detail']}")
        self.positions[place] = offset + 1
        self._ended.discard(place)
        return record

    def _on_error(self, error: KafkaError) -> None:
        self._unreachable = error.code() == KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """Offsets of the first record, and after the last committed one. Raises TransientError."""
        try:
            found = self._consumer.get_watermark_offsets(
                TopicPartition(self._settings.topic(topic), partition), timeout=_TIMEOUT
            )
        except KafkaException as error:
            raise TransientError(f"Kafka: {error.args[0].str()}") from error
        return found or (0, 0)

    def _offsets(self, places: Mapping[Place, int]) -> list[TopicPartition]:
        return [TopicPartition(self._settings.topic(topic), number, at) for (topic, number), at in places.items()]


def topic_ids(settings: ChassisSettings, topics: Iterable[str]) -> dict[str, str]:
    """Kafka's id of each topic: a topic made again under its name has another one. Raises TransientError."""
    admin = AdminClient(client.admin(settings))
    names = {settings.topic(topic): topic for topic in topics}
    futures = admin.describe_topics(TopicCollection(list(names)), request_timeout=_TIMEOUT)
    try:
        return {names[name]: str(future.result().topic_id) for name, future in futures.items()}
    except KafkaException as error:
        raise TransientError(f"Kafka: {error.args[0].str()}") from error


def told_offsets(settings: ChassisSettings, topics: Iterable[str]) -> dict[Place, int]:
    """Up to where the lake's group says that every table of some topics is whole. Raises TransientError."""
    consumer = Consumer(client.plain_consumer(settings, settings.group("lake")))
    places = [(topic, number) for topic in topics for number in range(settings.partitions)]
    asked = [TopicPartition(settings.topic(topic), number) for topic, number in places]
    try:
        answer = consumer.committed(asked, timeout=_TIMEOUT)
    except KafkaException as error:
        raise TransientError(f"Kafka: {error.args[0].str()}") from error
    finally:
        consumer.close()
    return {place: max(found.offset, 0) for place, found in zip(places, answer, strict=True)}
