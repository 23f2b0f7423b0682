"""First and next offset of a partition, and whether a record lies between."""

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from services.chassis import clock
from services.chassis.errors import TransientError

_TIMEOUT = 10.0


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
    place, latest = TopicPartition(topic, number), OffsetSpec.latest()  # type: ignore[no-untyped-call]
    levels = (IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED)
    try:
        asked = [
            admin.list_offsets({place: latest}, isolation_level=level, request_timeout=_TIMEOUT)[place]
            for level in levels
        ]
        committed, written = (int(answer.result().offset) for answer in asked)
    except KafkaException as error:
        raise TransientError(f"Kafka: {error.args[0].str()}") from error
    return committed, written


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
