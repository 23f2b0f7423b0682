"""What a stored state was made from, and how far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from services.chassis import client
from services.chassis.assignment import Positions
from services.chassis.errors import TransientError
from services.chassis.settings import ChassisSettings

_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Origin:
    """Stored states of different origins never stand for one another.

    topics: ids by short name, which change when a topic is made anew. digest: of the step's code and layout.
    """

    cluster: str
    topics: Mapping[str, str]
    partition: int
    digest: str

    def same_log(self, other: "Origin") -> bool:
        """Whether both come from the same partition of the same topics, whatever was made of it."""
        return (self.cluster, self.topics, self.partition) == (other.cluster, other.topics, other.partition)


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the log: all before `positions` (next offset by short topic name) is in the state."""

    origin: Origin
    positions: Positions

    @property
    def reach(self) -> int:
        """How many offsets lie before it, to tell the later of two points of the same log."""
        return sum(self.positions.values())

    def fits(self, origin: Origin, limits: Mapping[str, int]) -> bool:
        """Whether a state of this point can be brought to `limits` by a replay."""
        return self.origin == origin and all(self.positions.get(topic, 0) <= limits[topic] for topic in limits)

    def to_plain(self) -> dict[str, Any]:
        """Plain values."""
        of = self.origin
        named = {"cluster": of.cluster, "topics": dict(of.topics), "partition": of.partition, "digest": of.digest}
        return named | {"positions": dict(self.positions)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The point of which `to_plain` gave `plain`; other keys don't matter. KeyError if one is missing."""
        origin = Origin(plain["cluster"], plain["topics"], plain["partition"], plain["digest"])
        return cls(origin, plain["positions"])


def topic_ids(settings: ChassisSettings, topics: tuple[str, ...]) -> dict[str, str]:
    """Ids that Kafka gave to topics when they were made, by short name. Raises TransientError."""
    names = {settings.topic(topic): topic for topic in topics}
    admin = AdminClient(client.admin(settings))
    asked = admin.describe_topics(TopicCollection([*names]), request_timeout=_TIMEOUT)
    try:
        return {names[name]: str(answer.result().topic_id) for name, answer in asked.items()}
    except KafkaException as error:
        raise TransientError(f"Kafka: {error.args[0].str()}") from error
