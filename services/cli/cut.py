"""Up to where the topics of a running pipeline can be compared: ends behind which every transaction has ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer

from services.chassis import client, clock
from services.chassis.bounds import bounds
from services.chassis.progress import Place
from services.chassis.settings import ChassisSettings
from services.cli.domain.invariant import Invariant
from services.contracts.topics import topic_named

_ENDING_SECONDS = 2 * client.TRANSACTION_TIMEOUT_MS / 1000
"""After its time-out, and the broker's look around, a transaction that still hasn't ended hangs."""


@dataclass(frozen=True, slots=True)
class Cut:
    """First offset and end of each partition; everything before an end is committed or aborted."""

    starts: dict[Place, int]
    ends: dict[Place, int]


def take_cut(settings: ChassisSettings, topics: Sequence[str], ended: Invariant) -> Cut:
    """The cut of some topics, read in this order. ended: told of transactions that hang. Raises TransientError."""
    config = client.plain_consumer(settings)
    committed, everything = Consumer(config), Consumer(config | {"isolation.level": "read_uncommitted"})
    cut = Cut({}, {})
    try:
        for topic in topics:
            for number in range(settings.partitions if topic_named(topic).partitioned else 1):
                full = settings.topic(topic)
                cut.starts[topic, number], written = bounds(everything, full, number)
                cut.ends[topic, number] = stable = _stable(committed, full, number, written)
                ended.checked += 1
                if stable < written:
                    ended.breaks(f"{topic}[{number}]: a transaction at {stable} has not ended; {written} is written")
    finally:
        committed.close()
        everything.close()
    return cut


def _stable(committed: Consumer, topic: str, number: int, written: int) -> int:
    """`written` once it can be read, or how far it can after a while."""
    deadline = clock.monotonic() + _ENDING_SECONDS
    while (stable := bounds(committed, topic, number)[1]) < written and clock.monotonic() < deadline:
        clock.sleep(0.05)
    return min(stable, written)
