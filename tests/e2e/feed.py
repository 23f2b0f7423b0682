"""Publishes a stream to the raw topics of a pipeline, and tells how far the services are with it."""

from collections import deque
from collections.abc import Sequence

from confluent_kafka import Producer

from services.chassis import client
from services.chassis.progress import Progress
from tests.e2e.stream import TICK, Raw, merged
from tests.eventually import eventually
from tests.platform import Platform

PATIENCE = 150.0
"""Seconds after which something that has to happen is given up: services may have to start on a busy machine."""


class Feed:
    """What was published to one pipeline. Close it in the end."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._producer = Producer(client.idempotent_producer(platform.settings, "feed"))
        self._sent: dict[int, dict[str, deque[Raw]]] = {
            number: {"events.raw": deque(), "labels": deque()} for number in range(platform.settings.partitions)
        }
        self.progress = Progress(platform.settings, platform.pipeline.resolved.stages)

    def publish(self, raws: Sequence[Raw], topic: str | None = None) -> None:
        """Write records, each to its own topic unless all are to go into one; waits until Kafka has them."""
        platform = self._platform
        for raw in raws:
            to = topic or raw.topic
            number = raw.place(platform.settings.partitions)
            self._sent[number][to].append(raw)
            data = platform.codec.encode(to, raw.kind, raw.value)
            self._producer.produce(platform.settings.topic(to), key=raw.key.encode(), value=data, partition=number)
        assert self._producer.flush(30) == 0

    def hold_nothing_back(self, end: int) -> None:
        """Tell on the topic of labels that none before `end` will come, so that all events may pass."""
        partitions = range(self._platform.settings.partitions)
        self.publish([Raw("labels", "", TICK, {"time": end + 1}, end, end + 1, number) for number in partitions])

    def events_taken(self, within: float = PATIENCE) -> None:
        """Wait until validation has worked off all that was published to `events.raw`."""
        sent = sum(len(topics["events.raw"]) for topics in self._sent.values())
        eventually(lambda: self.taken("events.raw") == sent, within)

    def flowing_taken(self, within: float = PATIENCE) -> None:
        """Wait until validation has worked off all of which the order is certain already."""
        certain = 0
        for topics in self._sent.values():
            certain += sum(1 for _ in merged(deque(topics["events.raw"]), deque(topics["labels"])))
        eventually(lambda: self.taken("events.raw", "labels") >= certain, within)

    def taken(self, *topics: str) -> int:
        """How many raw records validation has worked off."""
        committed = self.progress.committed("validation")
        return sum(offset for (topic, _), (offset, _) in committed.items() if topic in topics)

    def written(self, topic: str) -> int:
        """How much of a topic is committed: records and markers of transactions."""
        return sum(eventually(lambda: self.progress.ends([topic])).values())

    def has_open_transaction(self, topic: str) -> bool:
        """Whether records were written to a topic that are neither committed nor aborted."""
        return self.progress.has_open_transaction([topic])

    def close(self) -> None:
        """Leave."""
        self.progress.close()
