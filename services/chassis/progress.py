"""How far each service is, and whether everything has come to rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from confluent_kafka import Consumer, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from services.chassis import client, clock
from services.chassis.bounds import has_record, latest
from services.chassis.codec import Codec
from services.chassis.errors import TransientError
from services.chassis.reading import TopicReader
from services.chassis.settings import ChassisSettings
from services.contracts.topics import inputs_of, stage_of, staged, topic_named, topics_of

STAGES = ("validation", "features", "inference", "outcomes", "lake", "monitoring", "training", "registry")
"""Services with a consumer group, in the order of the flow."""

_TIMEOUT = 15.0
Place = tuple[str, int]
"""Short topic name and partition."""


class Progress:
    """Compares the groups' committed offsets with the ends of their topics.

    stages: of the pipeline's features, see `Resolved.stages`. services: all that have a group, in the flow's order.
    """

    def __init__(self, settings: ChassisSettings, stages: Sequence[str] = (stage_of(""),)) -> None:
        self.services = staged(STAGES, stages)
        self._settings = settings
        self._admin = AdminClient(client.admin(settings))
        self._reader = Consumer(client.plain_consumer(settings))
        self._markers: dict[Place, tuple[int, int]] = {}
        self._groups = {
            service: Consumer(client.plain_consumer(settings, settings.group(service))) for service in self.services
        }

    def written(self, topics: Iterable[str]) -> dict[Place, int]:
        """As `ends`, records of open transactions too."""
        return self.ends(topics, IsolationLevel.READ_UNCOMMITTED)

    def ends(self, topics: Iterable[str], level: IsolationLevel = IsolationLevel.READ_COMMITTED) -> dict[Place, int]:
        """Offset after the last record of every partition of some topics. Raises TransientError.

        level: whether records of open transactions count.
        """
        places = [place for topic in topics for place in self._places(topic)]
        asked = {place: TopicPartition(self._settings.topic(place[0]), place[1]) for place in places}
        found = latest(self._admin, asked.values(), level)
        return {place: found[partition] for place, partition in asked.items()}

    def committed(self, service: str) -> dict[Place, tuple[int, str]]:
        """Committed offset (0 for none) and its metadata, for every input partition of a service."""
        places = [place for topic in inputs_of(service) for place in self._places(topic)]
        asked = [TopicPartition(self._settings.topic(topic), number) for topic, number in places]
        try:
            answer = self._groups[service].committed(asked, timeout=_TIMEOUT)
        except KafkaException as error:
            raise TransientError(f"Kafka: {error.args[0].str()}") from error
        return {
            place: (max(found.offset, 0), found.metadata or "") for place, found in zip(places, answer, strict=True)
        }

    def lag(self, service: str) -> int:
        """Offsets between what a service has committed and the ends of its topics; markers count."""
        ends = self.ends(inputs_of(service))
        return sum(max(ends[place] - offset, 0) for place, (offset, _) in self.committed(service).items())

    def has_open_transaction(self, topics: Iterable[str]) -> bool:
        """Whether records were written to topics that are neither committed nor aborted, as far as partitions know.

        A broker tells a partition of a commit after it has told the writer, and may have told other partitions before.
        """
        topics = tuple(topics)
        written = self.written(topics)
        return any(written[place] > end for place, end in self.ends(topics).items())

    def is_drained(self, service: str) -> bool:
        """Whether no record is left for a service, nor may come of an open transaction; markers don't count.

        Nor has any come meanwhile: what it works off last it may send on to itself.
        """
        if self.has_open_transaction(inputs_of(service)):
            return False
        ends = self.ends(inputs_of(service))
        return self.has_reached(service, ends) and self.ends(inputs_of(service)) == ends

    def has_reached(self, service: str, ends: Mapping[Place, int]) -> bool:
        """Whether a service has left no record before some ends."""
        committed = {place: offset for place, (offset, _) in self.committed(service).items() if place in ends}
        behind = {place: offset for place, offset in committed.items() if offset < ends[place]}
        return not any(self._has_record(place, offset, ends[place]) for place, offset in behind.items())

    def close(self) -> None:
        """Leave."""
        for consumer in (self._reader, *self._groups.values()):
            consumer.close()

    def _has_record(self, place: Place, offset: int, end: int) -> bool:
        if self._markers.get(place) == (offset, end):
            return False
        found = has_record(self._reader, self._settings.topic(place[0]), place[1], offset)
        if not found:
            self._markers[place] = offset, end
        return found

    def _places(self, topic: str) -> list[Place]:
        return [(topic, n) for n in range(self._settings.partitions if topic_named(topic).partitioned else 1)]


class Yardstick:
    """Whether a yardstick has been measured by the newest dataset: training does it outside its loop."""

    def __init__(self, settings: ChassisSettings, codec: Codec) -> None:
        self._readers = {topic: TopicReader(settings, codec, topic) for topic in ("datasets", "yardsticks")}
        self._clocks = dict.fromkeys(self._readers, -1)

    def is_behind(self) -> bool:
        """One look. Raises TransientError."""
        for topic, reader in self._readers.items():
            for record in reader.to_end():
                self._clocks[topic] = record.value["clock"]
        return self._clocks["yardsticks"] < self._clocks["datasets"]

    def close(self) -> None:
        """Leave."""
        for reader in self._readers.values():
            reader.close()


class Settled:
    """Whether everything that was published has been worked off, no run is open, and the newest model is loaded.

    yardsticks: whether one is measured by each dataset, which is waited for too.
    """

    def __init__(self, settings: ChassisSettings, codec: Codec, stages: Sequence[str], yardsticks: bool) -> None:
        self._progress = Progress(settings, stages)
        self._yardstick = Yardstick(settings, codec) if yardsticks else None
        self._runs = TopicReader(settings, codec, "runs")
        self._open: set[str] = set()
        followed = (one for one in topics_of(stages) if not one.is_aside)
        self._topics = tuple(one.name for one in followed if not one.name.startswith("deadletters"))
        self.waits_for = ""

    def wait_settled(self, timeout: float, on_wait: Callable[[str], None]) -> bool:
        """Wait until settled, or `timeout` seconds; True if settled. on_wait: told each thing waited for."""
        deadline, pause = clock.monotonic() + timeout, 0.01
        while clock.monotonic() < deadline:
            told = self.waits_for
            if self.is_settled():
                return True
            if self.waits_for != told:
                on_wait(self.waits_for)
                pause = 0.01
            clock.sleep(pause)
            pause = min(pause * 1.5, 0.2)
        return False

    def is_settled(self) -> bool:
        """One look. `waits_for` names the first thing that isn't at rest; empty where only something was written
        meanwhile, or isn't committed."""
        before = self._progress.ends(self._topics)
        services = self._progress.services
        awaited = [self.waits_for] if self.waits_for in services else []
        for service in (*awaited, *services):
            if not self._progress.has_reached(service, before):
                self.waits_for = service
                return False
        if self._open_runs():
            self.waits_for = f"run {min(self._open)}"
            return False
        if self._yardstick is not None and self._yardstick.is_behind():
            self.waits_for = "the yardstick"
            return False
        if not self._inference_follows(before["models", 0]):
            self.waits_for = "inference to load the newest model"
            return False
        self.waits_for = ""
        return self._progress.written(self._topics) == before

    def close(self) -> None:
        """Leave."""
        self._progress.close()
        self._runs.close()
        if self._yardstick is not None:
            self._yardstick.close()

    def _open_runs(self) -> set[str]:
        for record in self._runs.to_end():
            if record.kind == "driftmill.RunStarted":
                self._open.add(record.value["run_id"])
            elif record.kind == "driftmill.RunFinished":
                self._open.discard(record.value["run_id"])
        return self._open

    def _inference_follows(self, end: int) -> bool:
        told = [metadata for _, metadata in self._progress.committed("inference").values()]
        return end == 0 or all(int(text.partition("models=")[2] or 0) >= end for text in told)
