"""What the topics hold of an event beyond what the lake has written: mostly the last seconds."""

from collections.abc import Mapping
from typing import NamedTuple

from services.chassis.codec import Codec
from services.chassis.progress import Place
from services.chassis.reading import TopicReader
from services.chassis.settings import ChassisSettings
from services.contracts.record import Record

_TOPICS = ("events", "events.quarantined", "features", "predictions", "predictions.shadow", "explanations", "outcomes")


class Unkept(NamedTuple):
    """Records about an event. looked: how many were looked through, by topic."""

    records: list[Record]
    looked: Mapping[str, int]


def unkept(settings: ChassisSettings, codec: Codec, event_id: str, kept: Mapping[Place, int]) -> Unkept:
    """kept: the offset up to which the lake has written each partition. Raises TransientError."""
    found, looked = list[Record](), dict[str, int]()
    for topic in _TOPICS:
        starts = {number: kept.get((topic, number), 0) for number in range(settings.partitions)}
        reader, looked[topic] = TopicReader(settings, codec, topic, settings.partitions, starts=starts), 0
        try:
            for record in reader.to_end():
                looked[topic] += 1
                if record.value.get("event_id") == event_id:
                    found.append(record)
        finally:
            reader.close()
    return Unkept(found, looked)
