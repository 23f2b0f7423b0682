"""Fish that are seen and named by a biologist: the raw records of a stream of three classes."""

import random
from functools import cache
from typing import Any

from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from tests.laws.flow import APPENDED, PARTITION, Topics
from tests.laws.lifecycle import Lifecycle
from tests.platform import ROOT, pipeline_named

HOUR = 3_600_000_000
START = 19_000 * 24 * HOUR
EVENTS = 1_600
CLASSES = ("cod", "eel", "ray")
SITES = [name for name in map("site{}".format, range(20)) if partition_of(name.encode(), 2) == PARTITION]
LONG, HEAVY = {"cod": 60.0, "eel": 80.0, "ray": 70.0}, {"cod": 5.0, "eel": 2.0, "ray": 9.0}


@cache
def species() -> Pipeline:
    return pipeline_named("species", ROOT / "tests" / "pipelines" / "species")


def _sighting(number: int, chance: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A fish, mostly told by its sizes, and what it is called an hour or two later; one of a hundred isn't listed."""
    name = chance.choices(CLASSES, (5, 3, 2))[0]
    at = START + number * HOUR // 10
    event = {
        "sighting_id": f"s{number}",
        "at": at,
        "site": chance.choice(SITES),
        "length": chance.gauss(LONG[name], 12.0),
        "weight": None if number % 17 == 0 else chance.gauss(HEAVY[name], 2.0),
        "habitat": "reef" if name == "ray" or chance.random() < 0.5 else "shore",
    }
    called = "manta" if number % 100 == 50 else name
    label = {name: event[name] for name in ("sighting_id", "site")}
    return event, {**label, "species": called, "known_at": at + chance.randint(HOUR, 2 * HOUR)}


def _record(topic: str, offset: int, kind: str, value: dict[str, Any]) -> Record:
    key = str(value.get("site", "")).encode()
    return Record(topic, PARTITION, offset, APPENDED, key.decode(), kind, value, (), key, b"\0raw")


@cache
def raw() -> Topics:
    chance = random.Random(5)
    events, labels = zip(*(_sighting(number, chance) for number in range(EVENTS)), strict=True)
    end = _record("events.raw", EVENTS, "driftmill.Tick", {"time": START + EVENTS * HOUR // 10 + 30 * HOUR})
    known = sorted(labels, key=lambda label: label["known_at"])
    return {
        "events.raw": [*(_record("events.raw", i, "species.Sighting", one) for i, one in enumerate(events)), end],
        "labels": [_record("labels", i, "species.Named", one) for i, one in enumerate(known)],
    }


@cache
def sightings() -> Lifecycle:
    """Those of listed and of other species."""
    return Lifecycle(species(), raw(), EVENTS, START + EVENTS * HOUR)
