"""Renders librdkafka's settings: the only place that knows their dotted names."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from confluent_kafka import KafkaError

from services.chassis.settings import ChassisSettings

TRANSACTION_TIMEOUT_MS = 10_000
SESSION_TIMEOUT_MS = 10_000
MAX_RECORD_BYTES = 900_000
"""Largest value that is produced; below the broker's default of 1 MB with room for headers."""

Config = dict[str, Any]
OnError = Callable[[KafkaError], None]


def _common(settings: ChassisSettings, client_id: str, on_error: OnError | None) -> Config:
    config: Config = {
        "bootstrap.servers": settings.bootstrap,
        "client.id": client_id,
        "allow.auto.create.topics": False,
        "broker.address.family": "v4",
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 2_000,
        "log_level": 0,
        "error_cb": on_error or (lambda _error: None),
    }
    return config


def group_consumer(
    settings: ChassisSettings, service: str, on_error: OnError | None = None, process: str = ""
) -> Config:
    """A member of the service's group: static, range-assigned, read committed, offsets committed by the loop only.

    process: name of a process of several services, by which its members are known.
    """
    return _common(settings, settings.instance(process or service), on_error) | {
        "group.id": settings.group(service),
        "group.instance.id": settings.instance(service),
        "group.protocol": "classic",
        "partition.assignment.strategy": "range",
        "session.timeout.ms": SESSION_TIMEOUT_MS,
        "heartbeat.interval.ms": 2_000,
        # a long restore doesn't poll; a process that hangs is found by /live
        "max.poll.interval.ms": 1_800_000,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 50,
        "queued.max.messages.kbytes": 16 * 1024,
        "queued.min.messages": 5_000,
        # after its queue was full once, the client would fetch nothing for a second
        "fetch.queue.backoff.ms": 10,
    }


def plain_consumer(settings: ChassisSettings, group: str | None = None) -> Config:
    """A reader outside any group (or one that only asks for a group's committed offsets), read committed."""
    return _common(settings, "reader", None) | {
        "group.id": group or f"reader-{uuid4()}",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 20,
        "queued.max.messages.kbytes": 16 * 1024,
        "fetch.queue.backoff.ms": 10,
    }


def frugal_consumer(settings: ChassisSettings, group: str) -> Config:
    """A plain reader of many topics, of which little waits: what does takes three times its bytes."""
    return plain_consumer(settings, group) | {
        "queued.min.messages": 5_000,
        "queued.max.messages.kbytes": 4 * 1024,
        "max.partition.fetch.bytes": 256 * 1024,
        "fetch.wait.max.ms": 200,
    }


def transactional_producer(settings: ChassisSettings, service: str, on_error: OnError | None = None) -> Config:
    """The one producer of a service instance; its stable id fences what an earlier process left behind."""
    return _common(settings, settings.instance(service), on_error) | {
        "transactional.id": settings.instance(service),
        "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
        # a request to a broker that is gone holds the loop up for as long
        "socket.timeout.ms": TRANSACTION_TIMEOUT_MS // 2,
        "message.timeout.ms": TRANSACTION_TIMEOUT_MS,
        "partitioner": "murmur2_random",
        "linger.ms": 5,
        # a transaction that begins while the one before writes its markers is put off; it would be for 100 ms
        "retry.backoff.ms": 5,
        "retry.backoff.max.ms": 1_000,
        "compression.type": "lz4",
        "queue.buffering.max.kbytes": 64 * 1024,
        "queue.buffering.max.messages": 500_000,
        "message.max.bytes": 1_000_000,
    }


def idempotent_producer(settings: ChassisSettings, client_id: str, on_error: OnError | None = None) -> Config:
    """A producer outside transactions whose retries don't double records."""
    return _common(settings, client_id, on_error) | {
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "linger.ms": 5,
        "compression.type": "lz4",
        "queue.buffering.max.kbytes": 64 * 1024,
        "message.max.bytes": 1_000_000,
    }


def admin(settings: ChassisSettings) -> Config:
    """An administrator's client."""
    return _common(settings, "admin", None)
