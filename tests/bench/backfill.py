"""`driftmill backfill`: a file of events into a table of features, the whole program on one core."""

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from services.broker.environment import child_environment
from services.broker.local import Endpoints
from services.chassis import clock
from tests.bench import cards
from tests.bench.ground import pinned, say
from tests.bench.report import at_least
from tests.platform import ROOT
from tests.results.page import table

FEW, MANY = 100_000, 2_100_000
"""Events of two runs: their difference is free of what a start costs."""
ENTITIES = 5_000
_LEAST = 500_000
_LIMIT_SECONDS = 300.0


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """Seconds by the clock and of CPU time of each run, by its number of events."""
    files = {str(count): _file(home, count) for count in (FEW, MANY)}
    found = []
    for number in range(rounds):
        found.append({count: _run(home, path, f"t{number}_{count}") for count, path in files.items()})
        say(f"{_rate(found[-1], 'cpu'):,.0f} events/s of CPU time, {_rate(found[-1], 'wall'):,.0f} by the clock")
    return {"rounds": found}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    rounds = found["rounds"]
    rates = {what: statistics.median(_rate(one, what) for one in rounds) for what in ("cpu", "wall")}
    start = statistics.median(one[str(FEW)]["cpu"] for one in rounds)
    rows = [
        ("a second of CPU time", at_least(rates["cpu"], _LEAST, 0), f"{_LEAST:,}"),
        ("a second by the clock", at_least(rates["wall"], _LEAST, 0), f"{_LEAST:,}"),
    ]
    return f"""## Backfill

`driftmill backfill` of a Parquet file, {ENTITIES:,} entities with 20 window features, into a Delta table, the whole
program pinned to one core: reading, ordering, keys, kernel, rows, writing. The rate is that of the {MANY - FEW:,}
events by which a long run differs from one of {FEW:,}, which takes {start:.1f} s of CPU time, its start included.
{len(rounds)} rounds.

{table(("events", "median", "at least"), rows)}"""


def _rate(one: Mapping[str, Mapping[str, float]], what: str) -> float:
    return (MANY - FEW) / (one[str(MANY)][what] - one[str(FEW)][what])


def _file(home: Path, count: int) -> Path:
    path = home / f"{count}.parquet"
    events = pd.DataFrame([payment for _, payment in cards.payments(cards.uniform(ENTITIES, count))])
    events["at"] = np.array(events["at"], "datetime64[us]")
    events.to_parquet(path)
    return path


def _run(home: Path, events: Path, name: str) -> dict[str, float]:
    command = [sys.executable, "-m", "services.cli.main", "backfill", str(cards.PIPELINE), "--events", str(events)]
    environment = child_environment({"DRIFTMILL_HOME": str(home)})
    since, before = clock.monotonic(), os.times()
    with (home / "backfill.log").open("ab") as log:
        child = subprocess.Popen(
            [*command, "--table", name, "--json"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        code = pinned(child, 0).wait(_LIMIT_SECONDS)
    after = os.times()
    assert code == 0, f"backfill ended with {code}"
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": clock.monotonic() - since, "cpu": spent}
