"""Pumps whose flow, power and pressure go together, until some of them don't: the raw records of a stream without
labels."""

import random
from collections.abc import Sequence
from functools import cache
from typing import Any

from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from tests.laws.flow import APPENDED, PARTITION, Topics
from tests.laws.lifecycle import Lifecycle
from tests.platform import ROOT, pipeline_named

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE
START = 19_000 * DAY
"""2022-01-08, from when on the file declares five days as clean."""
EVERY, EVENTS, CLEAN = 3 * MINUTE, 3_360, 2_400
"""Readings of seven days, of which five are clean."""
ALL = [f"pump{number}" for number in range(8)]
PUMPS = [name for name in ALL if partition_of(name.encode(), 2) == PARTITION]


@cache
def pumps() -> Pipeline:
    return pipeline_named("pumps", ROOT / "tests" / "pipelines" / "pumps")


def is_planted(number: int) -> bool:
    """One in twenty after the clean time."""
    return number >= CLEAN and number % 20 == 7


def reading(number: int, chance: random.Random, is_odd: bool, pumps: Sequence[str] = PUMPS) -> dict[str, Any]:
    """More flow takes more power and leaves less pressure. Of an odd one the flow isn't what the others tell, though
    each value is one that comes often."""
    at = START + number * EVERY
    flow = max(1.0, chance.gauss(20.0, 5.0))
    through = flow if not is_odd else 40.0 - flow if abs(flow - 20) > 4 else flow + 12.0
    return {
        "reading_id": f"r{number}",
        "at": at,
        "pump": chance.choice(pumps),
        "flow": flow,
        "power": None if number % 23 == 0 else 2.0 + 0.3 * through + chance.gauss(0.0, 0.15),
        "pressure": 10.0 - 0.2 * through + chance.gauss(0.0, 0.1),
        "mode": "eco" if chance.random() < 0.6 else "full",
    }


def record(topic: str, offset: int, kind: str, value: dict[str, Any]) -> Record:
    """One that lies in a raw topic."""
    key = str(value.get("pump", "")).encode()
    return Record(topic, PARTITION, offset, APPENDED, key.decode(), kind, value, (), key, b"\0raw")


@cache
def raw() -> Topics:
    chance = random.Random(5)
    events = [reading(number, chance, is_planted(number)) for number in range(EVENTS)]
    end = record("events.raw", EVENTS, "driftmill.Tick", {"time": START + EVENTS * EVERY + DAY})
    label = {"event_id": "r7", "anomaly": True, "known_at": START + DAY}
    return {
        "events.raw": [*(record("events.raw", i, "pumps.Reading", one) for i, one in enumerate(events)), end],
        "labels": [record("labels", 0, "unlabelled.Label", label)],
    }


@cache
def readings() -> Lifecycle:
    """Those of the clean time and of after it."""
    return Lifecycle(pumps(), raw(), EVENTS, START + EVENTS * EVERY + DAY)
