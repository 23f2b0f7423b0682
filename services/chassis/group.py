"""Membership in a service's consumer group."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from services.chassis import client, failpoint
from services.chassis.assignment import Assignment, Positions
from services.chassis.errors import Refused, TransientError, TwinRunning
from services.chassis.settings import ChassisSettings

_TIMEOUT = 15.0
_LOST_LOG = (
    "{topic}[{partition}] does not hold offset {offset}, which is next: its log was cut or made anew, and going on "
    "would skip records. Restore the topic, or remove the pipeline's topics and state together."
)
_REACH_SECONDS = 2.0
_GONE = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001


@dataclass(frozen=True, slots=True)
class Member:
    """Who joins. process: name of the process; place: of the service among those of the process."""

    service: str
    process: str
    place: int = 0


class Group:
    """A consumer of a service instance. Partitions are adopted by the loop, never inside a callback."""

    def __init__(
        self,
        member: Member,
        settings: ChassisSettings,
        inputs: tuple[str, ...],
        assignment: Assignment,
        before_revoke: Callable[[], None],
    ) -> None:
        self._service, self._place = member.service, member.place
        self._settings, self.inputs = settings, inputs
        self._assignment, self._before_revoke = assignment, before_revoke
        self._unreachable = False
        self._consumer = Consumer(client.group_consumer(settings, member.service, self._on_error, member.process))

    def join(self) -> None:
        """Ask the group for partitions."""
        self._consumer.subscribe(
            [self._settings.topic(topic) for topic in self.inputs],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def poll(self, at_once: bool) -> list[Message]:
        """What has come, without waiting if something has or if asked to be. Raises TwinRunning, TransientError."""
        first = self._consumer.poll(0 if at_once else self._settings.poll_ms / 1000)
        if first is None:
            self._check_reachable()
            return []
        messages = [first, *self._consumer.consume(self._settings.batch_records, 0)]
        if any(map(Message.error, messages)):
            for message in messages:
                self._check(message)
        failpoint.hit("poll")
        return messages

    def attend(self) -> None:
        """Take part in the group without reading. Raises TwinRunning, TransientError."""
        message = self._consumer.poll(0)
        if message is not None:
            self._check(message)

    def committed(self, number: int) -> Positions:
        """Committed offsets of a partition of all inputs; waits while a transaction is pending."""
        answer = self._committed(number)
        return {self._settings.short_topic(found.topic): found.offset for found in answer if found.offset >= 0}

    def told(self, number: int) -> str:
        """What the last owner of a partition told with its committed offsets; empty for nothing."""
        return next((found.metadata for found in self._committed(number) if found.metadata), "")

    def _committed(self, number: int) -> list[TopicPartition]:
        asked = [TopicPartition(self._settings.topic(topic), number) for topic in self.inputs]
        with self._outside():
            answer: list[TopicPartition] = self._consumer.committed(asked, timeout=_TIMEOUT)
        _check_each(answer)
        return answer

    def read_from(self, offsets: list[TopicPartition]) -> None:
        """Fetch from exactly these offsets; what was fetched before is dropped."""
        if offsets:
            with self._outside():
                self._consumer.assign(offsets)
                self._consumer.resume(offsets)

    def pause(self, topic: str, number: int) -> None:
        """Fetch no more of a partition for now."""
        self._consumer.pause([TopicPartition(self._settings.topic(topic), number)])

    def resume(self, topic: str, number: int) -> None:
        """Fetch a partition again."""
        self._consumer.resume([TopicPartition(self._settings.topic(topic), number)])

    def metadata(self) -> Any:
        """Fresh group metadata for a transaction."""
        if failpoint.is_left_out("group-metadata"):
            group = self._settings.group(self._service)
            return Consumer(client.plain_consumer(self._settings, group)).consumer_group_metadata()
        return self._consumer.consumer_group_metadata()

    def leave(self) -> None:
        """Close the consumer; a static member's partitions wait for its return until the session ends."""
        self._consumer.close()

    def offsets(self, number: int, positions: Positions, metadata: str = "") -> list[TopicPartition]:
        """Positions of one partition in the inputs, in the client's form."""
        return [
            TopicPartition(self._settings.topic(topic), number, positions[topic], metadata=metadata)
            for topic in self.inputs
        ]

    def _check(self, message: Message) -> None:
        error = message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
            return
        self._check_twin(error)
        if error.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001
            place = {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()}
            raise Refused(_LOST_LOG.format(**place))
        if error.code() in _GONE:
            raise Refused(f"An input topic is gone: {error.str()}. Run `driftmill apply` to create topics.")
        raise TransientError(f"Kafka: {error.str()}")

    @contextmanager
    def _outside(self) -> Iterator[None]:
        try:
            yield
        except KafkaException as error:
            self._check_twin(error.args[0])
            raise TransientError(f"Kafka: {error.args[0].str()}") from error

    def _check_twin(self, error: KafkaError) -> None:
        if error.code() == KafkaError._FATAL:  # noqa: SLF001
            raise TwinRunning(
                f"Another process runs as {self._settings.instance(self._service)}, or Kafka lost sight of this one "
                f"while a broker failed ({error.str()}). In the first case give each instance its own "
                "DRIFTMILL_ORDINAL; in the second a new start is all that is needed."
            )

    def _check_reachable(self) -> None:
        """Once all brokers were reported down, ask until one answers: an idle consumer would not notice."""
        if self._unreachable:
            with self._outside():
                self._consumer.list_topics(self._settings.topic(self.inputs[0]), timeout=_REACH_SECONDS)
            self._unreachable = False

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001
            self._unreachable = True

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assignment.give(self._place, {partition.partition for partition in partitions})
        # nothing is fetched before the loop has restored the states and knows from where
        consumer.assign([])

    def _on_revoke(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._before_revoke()
        failpoint.hit("revoke")
        self._assignment.take_back(self._place)

    def _on_lost(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._assignment.take_back(self._place)


def _check_each(answers: Sequence[TopicPartition]) -> None:
    """An answer may hold an error for a single partition; that isn't the same as nothing committed."""
    for answer in answers:
        if answer.error is not None:
            raise TransientError(f"Kafka: {answer.topic}[{answer.partition}]: {answer.error.str()}")
