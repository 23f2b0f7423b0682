"""The features hop with one replica, with two on disjoint cores, and with three as far as two cores can tell."""

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
THREE = 3


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """Rates by round and number of replicas."""
    found = []
    for _ in range(rounds):
        rates = {str(replicas): _of(endpoints, home, replicas) for replicas in (1, 2)}
        rates["all"] = _of(endpoints, home, 1, THREE)
        rates["third"] = _of(endpoints, home, 1, 1, THREE)
        say(", ".join(f"{what}: {rate}" for what, rate in rates.items()))
        found.append({what: asdict(rate) for what, rate in rates.items()})
    return {"rounds": found}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    medians = {n: Rate.median([Rate(**one[n]) for one in found["rounds"]]) for n in found["rounds"][0]}
    one, third = medians["1"].per_second, medians["third"].per_second
    rows = [
        (words, round(medians[n].per_second), f"{medians[n].per_second / one:.2f}", f"{medians[n].cpu_us:.1f}")
        for n, words in (("1", "one, 2 partitions"), ("2", "two, a partition each"), ("all", "one, 3 partitions"))
    ]
    rows.append(("three, a partition each: simulated", round(THREE * third), f"{THREE * third / one:.2f}", ""))
    return f"""## Scale-out

The features hop, 20 window features of {ENTITIES:,} entities, each replica on a core of its own. The broker runs on the
same {os.cpu_count()} cores, so with two replicas it takes from both. The simulation is three times the rate of a
replica with a third of entities and records in a partition of its own, nobody else being there: what three could do on
as many cores with a broker that isn't the limit. {len(found["rounds"])} rounds.

{table(("replicas", "records/s", "÷ one", "CPU µs a record"), rows)}"""


def _of(endpoints: Endpoints, home: Path, replicas: int, partitions: int = 2, part: int = 1) -> Rate:
    """part: only one of so many of entities and records."""
    records = RECORDS // part
    with ground(endpoints, home, cards.PIPELINE, partitions) as there:
        settings = there.platform.settings
        there.fill("events", "driftmill.EventAccepted", cards.accepted(cards.uniform(ENTITIES // part, records)))
        children = [pinned(there.platform.start("features", number), number) for number in range(replicas)]
        try:
            return rate_of(children, settings, settings.topic("features"), middle(records))
        finally:
            for child in children:
                end(child)
