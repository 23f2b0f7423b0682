"""Reads the topics that the demo tells of."""

from collections.abc import Iterator
from contextlib import suppress

from services.chassis.codec import Codec
from services.chassis.errors import TransientError
from services.chassis.reading import TopicReader
from services.chassis.settings import ChassisSettings
from services.contracts.record import Record
from services.contracts.topics import CATALOGUE

TOPICS = (
    *("events", "events.quarantined", "predictions", "outcomes"),
    *("datasets", "alerts", "runs", "models.history", "models"),
)

_WAIT_MS = 300
"""People watch: the broker need not answer faster, and has better things to do."""


class Feed:
    """New committed records of all topics, each topic in its order."""

    def __init__(self, settings: ChassisSettings, codec: Codec) -> None:
        self._readers = {
            topic: TopicReader(
                settings, codec, topic, settings.partitions if CATALOGUE[topic].partitioned else 1, _WAIT_MS
            )
            for topic in TOPICS
        }

    def poll(self) -> Iterator[Record]:
        """What has come since the last call; a topic that can't be read in a weak moment is read by the next one."""
        for reader in self._readers.values():
            with suppress(TransientError):
                yield from reader.poll(0.0)

    def to_end(self) -> Iterator[Record]:
        """Everything up to the present ends. Raises TransientError."""
        for reader in self._readers.values():
            yield from reader.to_end()

    def close(self) -> None:
        """Leave."""
        for reader in self._readers.values():
            reader.close()
