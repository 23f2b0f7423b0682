"""Writes `datasets`, each event once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.chassis.codec import Codec
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.lake.adapters.publisher import Publisher

_TOPIC = "datasets"
_KIND = "driftmill.DatasetExtended"


class Announcements:
    """Publishes datasets in the order of their clocks."""

    def __init__(self, settings: ChassisSettings, codec: Codec) -> None:
        self._settings, self._codec = settings, codec
        self._publisher = Publisher(settings, codec, _TOPIC, _KIND, "lake")

    def last(self) -> Mapping[str, Any] | None:
        """The newest dataset in the topic, None without any."""
        known = [record.value for record in read_topic(self._settings, self._codec, _TOPIC)]
        return max(known, key=lambda value: value["clock"], default=None)

    def publish(self, datasets: Sequence[Mapping[str, Any]], tick: Callable[[], None]) -> None:
        """As `Publisher.publish`."""
        self._publisher.publish(((value["dataset_id"], value) for value in datasets), tick)
