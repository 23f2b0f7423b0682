"""First and next offset of a partition, and whether a record lies between."""

from collections.abc import Iterable
from contextlib import suppress

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from services.chassis import clock
from services.chassis.errors import TransientError

_TIMEOUT = 10.0
_LEADERS_SECONDS = 2.0


def bounds(consumer: Consumer, topic: str, number: int) -> tuple[int, int]:
    """Offsets of the first record and after the last committed one of a partition, by its full topic name.

    A topic made a moment ago may not have a leader yet: that is waited for. Raises TransientError.
    """
    deadline = clock.monotonic() + _TIMEOUT
    while True:
        try:
            found = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_TIMEOUT)
        except KafkaException as error:
            if clock.monotonic() > deadline:
                raise TransientError(f"Kafka: {error.args[0].str()}") from error
        else:
            if found is None:
                raise TransientError(f"Kafka: no answer for the end of {topic}[{number}]")
            return found[0], found[1]
        clock.sleep(0.05)


def ends(admin: AdminClient, topic: str, number: int) -> tuple[int, int]:
    """Offsets after the last committed record of a partition, and after its last one. Raises TransientError."""
    place = TopicPartition(topic, number)
    levels = (IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED)
    committed, written = (latest(admin, [place], level)[place] for level in levels)
    return committed, written


def latest(admin: AdminClient, places: Iterable[TopicPartition], level: IsolationLevel) -> dict[TopicPartition, int]:
    """The next offset of each place, as readers of a level see it. Raises TransientError."""
    newest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    try:
        answers = admin.list_offsets(dict.fromkeys(places, newest), isolation_level=level, request_timeout=_TIMEOUT)
        found = {place: int(answer.result().offset) for place, answer in answers.items()}
        # while a leader changes, the client may answer without an error and without an offset
        why = next((f"no end of {one.topic}[{one.partition}]" for one, offset in found.items() if offset < 0), None)
    except KafkaException as error:
        why = error.args[0].str()
    if why is None:
        return found
    # the client remembers leaders for minutes, and would go on asking one from before an outage
    with suppress(KafkaException):
        admin.list_topics(timeout=_LEADERS_SECONDS)
    raise TransientError(f"Kafka: {why}")


def has_record(reader: Consumer, topic: str, number: int, offset: int) -> bool:
    """Whether a committed record lies at an offset or after it; markers and aborted records don't count.

    reader: reports the ends of partitions; its assignment is given up. Raises TransientError.
    """
    reader.assign([TopicPartition(topic, number, offset)])
    try:
        deadline = clock.monotonic() + _TIMEOUT
        while clock.monotonic() < deadline:
            message = reader.poll(0.5)
            if message is not None:
                return _is_record(message, topic, number)
    finally:
        reader.unassign()
    raise TransientError(f"no answer for {topic}[{number}]@{offset}")


def _is_record(message: Message, topic: str, number: int) -> bool:
    error = message.error()
    if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
        return error is None
    raise TransientError(f"Kafka: {topic}[{number}]: {error.str()}")
