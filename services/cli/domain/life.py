"""What is known of one event: its records, and how to read them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.cli.domain.control import Control
from services.cli.domain.moment import moment
from services.contracts.baseline import BASELINE
from services.contracts.record import Record
from services.contracts.release_name import ReleaseName
from services.contracts.topics import topic_named

Facts = dict[str, Any]


@dataclass(frozen=True)
class Vector:
    """How a feature set is laid out. numbers, categories: names in order. means: of each name what it is, over which
    window, and its digest. config: digest of the configuration that says so. baseline: its baseline in words."""

    numbers: Sequence[str]
    categories: Sequence[str]
    means: Mapping[str, Mapping[str, Any]]
    config: str
    baseline: str


@dataclass(frozen=True)
class Life:
    """Everything to tell a life by.

    records: about the event, in any order. vector: of the answer's feature set, None if no configuration has it.
    signatures: of versions, in words.
    """

    pipeline: str
    event_id: str
    records: Sequence[Record]
    control: Control
    vector: Vector | None
    signatures: Mapping[str, str]

    @cached_property
    def event(self) -> Record | None:
        """As it was accepted."""
        return next(iter(self.of("EventAccepted")), None)

    @cached_property
    def answer(self) -> Record | None:
        """The one answer."""
        return next(iter(self.of("Prediction")), None)

    def of(self, kind: str) -> list[Record]:
        """Records of a kind in the order of their places."""
        found = [record for record in self.records if record.kind == f"driftmill.{kind}"]
        return sorted(found, key=lambda record: (record.topic, record.partition, record.offset))

    def at(self, record: Record) -> Facts:
        """The place of a record, and when Kafka appended it."""
        place = self.place(record.topic, record.partition, record.offset)
        return place | {"appended": moment(record.timestamp)}

    def place(self, topic: str, partition: int, offset: int) -> Facts:
        """A place. topic: its short name."""
        return {"topic": topic_named(topic).full_name(self.pipeline), "partition": partition, "offset": offset}


def named(records: Iterable[Record]) -> list[str]:
    """Versions that the answers to an event name, each once: who answered, its model, and who was asked beside it."""
    names: dict[str, None] = {}
    for record in records:
        if record.kind in ("driftmill.Prediction", "driftmill.ShadowPrediction"):
            value = record.value
            release = ReleaseName.by(value["model"], value.get("policy") or "")
            names |= dict.fromkeys((release, value["model"]))
    names.pop(BASELINE, None)
    return list(names)
