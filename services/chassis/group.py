"""Membership in a service's consumer group."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from services.chassis import client
from services.chassis.assignment import Assignment, Positions
from services.chassis.bounds import bounds
from services.chassis.errors import Refused, TransientError, TwinRunning
from services.chassis.settings import ChassisSettings

_TIMEOUT = 15.0
_GONE = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001


class Group:
    """The one consumer of a service instance. Partitions are adopted by the loop, never inside a callback."""

    def __init__(
        self,
        service: str,
        settings: ChassisSettings,
        inputs: tuple[str, ...],
        assignment: Assignment,
        before_revoke: Callable[[], None],
    ) -> None:
        self._service, self._settings, self._inputs = service, settings, inputs
        self._assignment, self._before_revoke = assignment, before_revoke
        self._consumer = Consumer(client.group_consumer(settings, service))

    def join(self) -> None:
        """Ask the group for partitions."""
        self._consumer.subscribe(
            [self._settings.topic(topic) for topic in self._inputs],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def poll(self) -> list[Message]:
        """What has come, at once if something has. Raises TwinRunning, TransientError."""
        first = self._consumer.poll(self._settings.poll_ms / 1000)
        messages = [] if first is None else [first, *self._consumer.consume(self._settings.batch_records, 0)]
        for message in messages:
            self._check(message.error())
        return messages

    def committed(self, number: int) -> Positions:
        """Committed offsets of a partition of all inputs; waits while a transaction is pending."""
        asked = [TopicPartition(self._settings.topic(topic), number) for topic in self._inputs]
        try:
            answer = self._consumer.committed(asked, timeout=_TIMEOUT)
        except KafkaException as error:
            raise TransientError(f"Kafka: {error.args[0].str()}") from error
        return {self._short(found.topic): found.offset for found in answer if found.offset >= 0}

    def commit(self, offsets: list[TopicPartition]) -> None:
        """Commit offsets outside a transaction, for what needs no output."""
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            raise TransientError(f"Kafka: {error.args[0].str()}") from error

    def read_from(self, offsets: list[TopicPartition]) -> None:
        """Fetch from exactly these offsets; what was fetched before is dropped."""
        if offsets:
            self._consumer.assign(offsets)
            self._consumer.resume(offsets)

    def pause(self, topic: str, number: int) -> None:
        """Fetch no more of a partition for now."""
        self._consumer.pause([TopicPartition(self._settings.topic(topic), number)])

    def resume(self, topic: str, number: int) -> None:
        """Fetch a partition again."""
        self._consumer.resume([TopicPartition(self._settings.topic(topic), number)])

    def end(self, topic: str, number: int) -> int:
        """Offset after the last committed record of a partition. Raises TransientError."""
        return bounds(self._consumer, self._settings.topic(topic), number)[1]

    def metadata(self) -> Any:
        """Fresh group metadata for a transaction."""
        return self._consumer.consumer_group_metadata()

    def leave(self) -> None:
        """Close the consumer; a static member's partitions wait for its return until the session ends."""
        self._consumer.close()

    def offsets(self, number: int, positions: Positions, metadata: str = "") -> list[TopicPartition]:
        """Positions of one partition in the client's form."""
        return [
            TopicPartition(self._settings.topic(topic), number, offset, metadata=metadata)
            for topic, offset in positions.items()
        ]

    def _short(self, topic: str) -> str:
        return topic.removeprefix(f"{self._settings.pipeline}.")

    def _check(self, error: KafkaError | None) -> None:
        if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
            return
        if error.code() == KafkaError._FATAL:  # noqa: SLF001
            raise TwinRunning(
                f"Another process runs as {self._settings.instance(self._service)} ({error.str()}). "
                "Give each instance its own DRIFTMILL_ORDINAL."
            )
        if error.code() in _GONE:
            raise Refused(f"An input topic is gone: {error.str()}. Run `driftmill apply` to create topics.")
        raise TransientError(f"Kafka: {error.str()}")

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assignment.expect({partition.partition for partition in partitions})
        consumer.assign(partitions)
        consumer.pause(partitions)

    def _on_revoke(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._before_revoke()
        self._assignment.drop()

    def _on_lost(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._assignment.drop()
