"""Datasets and what their runs kept of them, as topics and store tell of them."""

from typing import Any, NamedTuple

import orjson

from services.chassis.configs import bare_codec
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.contracts.dataset_drift import drift
from services.contracts.datasets import Told, before, datasets, named

Profile = dict[str, Any]


class Compared(NamedTuple):
    """A dataset's profile, that of the last one before it, and the index of each column against it."""

    profile: Profile
    last: Profile | None
    moved: dict[str, float]


class Profiles:
    """known: all datasets, in the order of their clocks."""

    def __init__(self, settings: ChassisSettings) -> None:
        codec = bare_codec(settings)
        self._store = Store(settings.store_url)
        self.known = datasets(*(read_topic(settings, codec, topic) for topic in ("datasets", "runs")))

    def of(self, told: Told | None) -> Profile | None:
        """The profile of a dataset, if it has one that is still in the store."""
        if told is None or told.profile is None:
            return None
        try:
            found: Profile = orjson.loads(self._store.get(told.profile))
        except FileNotFoundError:
            return None
        return found

    def compared(self, told: Told | None) -> Compared | None:
        """A dataset beside the last one, if it has a profile."""
        profile = self.of(told)
        if told is None or profile is None:
            return None
        last = self.of(before(self.known, told))
        return Compared(profile, last, drift(last, profile) if last else {})

    def moved(self, run_id: str) -> dict[str, float]:
        """Index of each column of a run's dataset against the last one, the most moved first; empty without one."""
        compared = self.compared(named(self.known, run_id))
        return compared.moved if compared else {}
