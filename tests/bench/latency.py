"""Latency from publication to the read-committed prediction, beside the same hops as bare transactional loops."""

import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from services.broker.environment import child_environment
from services.broker.local import Endpoints
from services.chassis import client
from services.contracts.topics import JOINED
from tests.bench import cards
from tests.bench.ground import Ground, end, ground, say
from tests.bench.paced import Course
from tests.bench.report import at_most
from tests.platform import ROOT
from tests.results.page import table

RATE, SECONDS = 1_000, 6
_LEAST_PAIRS = 7
_WARM = 4_000
_SAMPLES = 500
_HOPS = {
    "validation": ("events.raw", "events"),
    "features": ("events", "features"),
    "inference": ("features", "predictions"),
}
"""What each hop reads and writes."""
_MOST = {"driftmill": (1.2, 1.5), "fused": (0.5, 1.5)}
"""By contestant: how many times the bare hops' median and 99th percentile it may take."""
_WORDS = {
    "driftmill": "Driftmill, three services",
    "fused": "Driftmill, the three in one process",
    "bare": "three bare transactional loops",
}

Values = Mapping[str, list[str]]


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """Median and 99th percentile in ms, by round and contestant."""
    with ExitStack() as stack:
        courses: dict[str, Course] = {}
        samples: Values = {}
        for name, start in _CONTESTANTS.items():
            there = stack.enter_context(ground(endpoints, home, cards.PIPELINE))
            start(there, samples, stack)
            courses[name] = Course(there)
            stack.callback(courses[name].close)
            courses[name].run(RATE, _WARM)
            samples = samples or _samples(there)
        found = [_round(courses, number) for number in range(max(rounds, _LEAST_PAIRS))]
    return {"rounds": found}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    rounds = found["rounds"]
    medians = {name: [statistics.median(one[name][place] for one in rounds) for place in (0, 1)] for name in rounds[0]}
    figures = [(_WORDS[name], f"{p50:.1f}", f"{p99:.1f}") for name, (p50, p99) in medians.items()]
    ratios = [
        (
            f"{_WORDS[name]} ÷ {_WORDS['bare']}",
            *(at_most(m / b, most) for m, b, most in zip(its, medians["bare"], _MOST[name], strict=True)),
        )
        for name, its in medians.items()
        if name != "bare"
    ]
    limits = [(f"at most, {_WORDS[name]}", *map(str, most)) for name, most in _MOST.items()]
    return f"""## Latency

{RATE:,} events a second, each published by itself; from its publication until a reader of committed records has its
prediction. The bare loops poll as the services do and write as many bytes, in a transaction a batch, and do nothing
else. {len(rounds)} turns of {SECONDS} s each, alternated; medians of the turns.

{table(("", "p50 ms", "p99 ms"), figures)}

{table(("ratio of medians", "p50", "p99"), [*ratios, *limits])}

On few cores this measures CPU time as much as waiting: the broker alone takes one core or more at this rate.
docs/adr/fused-stages.md says what a cycle of the fused stages consists of, what stands against half the time, and what
was tried."""


def _round(courses: Mapping[str, Course], number: int) -> dict[str, list[float]]:
    found = {}
    for name in list(courses) if number % 2 else reversed(list(courses)):
        waits = np.array(courses[name].run(RATE, RATE * SECONDS)[RATE:])
        found[name] = [float(np.percentile(waits, share)) * 1000 for share in (50, 99)]
    say(", ".join(f"{name} p50 {its[0]:.1f} ms, p99 {its[1]:.1f} ms" for name, its in found.items()))
    return found


def services(there: Ground, samples: Values, stack: ExitStack) -> None:
    """Our three services, a process each."""
    there.champion()
    for service in _HOPS:
        there.platform.start(service)


def fused(there: Ground, samples: Values, stack: ExitStack) -> None:
    """Our three services in one process."""
    there.champion()
    there.platform.start(JOINED.join(_HOPS))


def bare(there: Ground, samples: Values, stack: ExitStack) -> None:
    """A bare loop for each of them, which writes values as they did."""
    settings = there.platform.settings
    for service, (source, target) in _HOPS.items():
        consumer = client.group_consumer(settings, service) | {"auto.offset.reset": "earliest"}
        producer = client.transactional_producer(settings, service)
        for config in (consumer, producer):
            del config["error_cb"]
        task = {"consumer": consumer, "producer": producer, "values": samples[service]}
        task |= {"source": settings.topic(source), "target": settings.topic(target)}
        file = settings.home / f"{service}.json"
        file.write_bytes(orjson.dumps(task | {"batch": settings.batch_records, "poll_ms": settings.poll_ms}))
        command = [sys.executable, str(ROOT / "tests" / "bench" / "loops" / "hops.py"), str(file)]
        stack.callback(end, subprocess.Popen(command, env=child_environment()))


def _samples(there: Ground) -> Values:
    return {hop: [value.hex() for value in there.values(target)[:_SAMPLES]] for hop, (_, target) in _HOPS.items()}


_CONTESTANTS: dict[str, Callable[[Ground, Values, ExitStack], None]] = {
    "driftmill": services,
    "fused": fused,
    "bare": bare,
}
"""How each is started. Another way to run the same hops is a line here, in `_WORDS` and in `_MOST`."""
