"""Creates a pipeline's topics and checks those that are there."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services.chassis import client, clock
from services.chassis.errors import Refused, TransientError
from services.chassis.settings import ChassisSettings
from services.contracts.topics import Topic, topics_of

_TIMEOUT = 5.0


def create_topics(settings: ChassisSettings, stages: Iterable[str]) -> list[str]:
    """Create the topics that are missing; returns their names. Raises Refused if existing ones don't fit.

    stages: of the pipeline's features, see `Resolved.stages`.
    """
    admin = AdminClient(client.admin(settings))
    existing = _partition_counts(admin)
    topics = topics_of(stages)
    missing = [topic for topic in topics if topic.full_name(settings.pipeline) not in existing]
    # the client refuses an empty list
    new = [_new(topic, settings) for topic in missing]
    futures = admin.create_topics(new, operation_timeout=_TIMEOUT) if new else {}
    for future in futures.values():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].name() != "TOPIC_ALREADY_EXISTS":
                raise TransientError(f"Kafka: {error.args[0].str()}") from error
    _wait_for_topics(settings, topics)
    return [topic.full_name(settings.pipeline) for topic in missing]


def _wait_for_topics(settings: ChassisSettings, topics: tuple[Topic, ...]) -> None:
    """Topics made a moment ago may not be told of yet."""
    deadline = clock.monotonic() + _TIMEOUT
    while True:
        try:
            return _check(settings, topics)
        except TransientError:
            if clock.monotonic() > deadline:
                raise
        clock.sleep(0.05)


def check_topics(settings: ChassisSettings, stages: Iterable[str] = ()) -> None:
    """Raises TransientError while topics are missing, Refused when partition counts differ from the settings.

    stages: of the pipeline's features, once the pipeline is known.
    """
    _check(settings, topics_of(stages))


def _check(settings: ChassisSettings, topics: tuple[Topic, ...]) -> None:
    counts = _partition_counts(AdminClient(client.admin(settings)))
    names = {topic.full_name(settings.pipeline): topic for topic in topics}
    if absent := sorted(set(names) - set(counts)):
        raise TransientError(f"waiting for topics: {', '.join(absent[:3])}{' …' if len(absent) > 3 else ''}")
    wrong = {name: counts[name] for name, topic in names.items() if counts[name] != _partitions(topic, settings)}
    if wrong:
        listed = ", ".join(f"{name} has {count}" for name, count in sorted(wrong.items()))
        raise Refused(
            f"Data-plane topics of {settings.pipeline} need {settings.partitions} partitions each, control topics one: "
            f"{listed}. Set DRIFTMILL_PARTITIONS to the count of the data-plane topics, or recreate the differing ones."
        )


def cluster_id(settings: ChassisSettings) -> str:
    """Id of the Kafka cluster. Raises TransientError while it can't be reached."""
    return str(_metadata(AdminClient(client.admin(settings))).cluster_id)


def _partition_counts(admin: AdminClient) -> dict[str, int]:
    topics = _metadata(admin).topics
    return {name: len(topic.partitions) for name, topic in topics.items() if topic.error is None}


def _metadata(admin: AdminClient) -> Any:
    try:
        return admin.list_topics(timeout=_TIMEOUT)
    except KafkaException as error:
        raise TransientError(f"Kafka can't be reached: {error.args[0].str()}") from error


def _partitions(topic: Topic, settings: ChassisSettings) -> int:
    return settings.partitions if topic.partitioned else 1


def _new(topic: Topic, settings: ChassisSettings) -> NewTopic:
    return NewTopic(
        topic.full_name(settings.pipeline),
        num_partitions=_partitions(topic, settings),
        replication_factor=settings.replication,
        config={
            "message.timestamp.type": "LogAppendTime",
            "cleanup.policy": topic.cleanup,
            "retention.ms": str(topic.retention_ms),
        },
    )
