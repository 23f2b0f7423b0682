"""The features hop with one replica, and with two on disjoint cores."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.broker.local import Endpoints
from tests.bench import cards
from tests.bench.ground import end, ground, pinned, say
from tests.bench.meter import Rate, middle, rate_of
from tests.results.page import table

RECORDS, ENTITIES = 150_000, 5_000


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """Rates by round and number of replicas."""
    found = []
    for _ in range(rounds):
        rates = {str(replicas): _of(endpoints, home, replicas) for replicas in (1, 2)}
        say(", ".join(f"{replicas}: {rate}" for replicas, rate in rates.items()))
        found.append({replicas: asdict(rate) for replicas, rate in rates.items()})
    return {"rounds": found}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    medians = {n: Rate.median([Rate(**one[n]) for one in found["rounds"]]) for n in ("1", "2")}
    rows = [
        (n, round(rate.per_second), f"{rate.per_second / medians['1'].per_second:.2f}", f"{rate.cpu_us:.1f}")
        for n, rate in medians.items()
    ]
    return f"""## Scale-out

The features hop, 20 window features of {ENTITIES:,} entities in 2 partitions, each replica on a core of its own. The
broker runs on the same {os.cpu_count()} cores, so with two replicas it takes from both. {len(found["rounds"])} rounds.

{table(("replicas", "records/s", "÷ one", "CPU µs a record"), rows)}"""


def _of(endpoints: Endpoints, home: Path, replicas: int) -> Rate:
    with ground(endpoints, home, cards.PIPELINE) as there:
        settings = there.platform.settings
        there.fill("events", "driftmill.EventAccepted", cards.accepted(cards.uniform(ENTITIES, RECORDS)))
        children = [pinned(there.platform.start("features", number), number) for number in range(replicas)]
        try:
            return rate_of(children, settings, settings.topic("features"), middle(RECORDS))
        finally:
            for child in children:
                end(child)
