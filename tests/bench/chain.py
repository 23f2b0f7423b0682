"""The whole chain from raw event to prediction with all hops on one core, and what it costs as things grow."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import copytree
from typing import Any

import psutil

from services.broker.local import Endpoints
from services.chassis import clock
from tests.bench import cards
from tests.bench.ground import Ground, ground, pinned, say
from tests.bench.meter import seconds_of
from tests.bench.report import at_most
from tests.programs import Program
from tests.results.page import table

RECORDS = 50_000
_WARM = 2_000
_HOPS = ("validation", "features", "inference")
_LIMIT_SECONDS = 240.0
_WINDOWS = "[1d, 7d, 28d, 91d]"


@dataclass(frozen=True)
class Size:
    """What grows. windows: of 5 features each. replicas: processes of each hop."""

    entities: int = 10_000
    windows: int = 4
    partitions: int = 2
    replicas: int = 1


_GROWTH: dict[str, tuple[int, ...]] = {
    "entities": (1_000, 10_000, 100_000),
    "windows": (1, 4, 16),
    "partitions": (2, 8, 32),
    "replicas": (1, 2),
}


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """Events a second and CPU time an event of each size, once each."""
    sizes = {replace(Size(), **{name: value}) for name, values in _GROWTH.items() for value in values}
    found = []
    for size in sorted(sizes, key=repr):
        rate, cost = _of(endpoints, home, size)
        say(f"{size}: {rate:,.0f}/s {cost:.1f} µs")
        found.append(asdict(size) | {"per_second": rate, "cpu_us": cost})
    return {"sizes": found}


def cost(found: Mapping[str, Any]) -> float:
    """Microseconds of CPU an event of the usual size."""
    (usual,) = [float(one["cpu_us"]) for one in found["sizes"] if Size(*(one[name] for name in _GROWTH)) == Size()]
    return usual


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    measured = {Size(*(one[name] for name in _GROWTH)): one for one in found["sizes"]}
    base = measured[Size()]
    rows = [row for name, values in _GROWTH.items() for row in _rows(measured, name, values)]
    head = ("what grows", "to", "events/s", "CPU µs an event", "cost ÷ the step before", "at most")
    return f"""## The whole chain

Raw event to prediction, validation, features and inference on one core, the broker on the others; {RECORDS:,} events
published at once. With {Size().entities:,} entities, 20 window features, {Size().partitions} partitions and a process
a hop: **{base["per_second"]:,.0f} events/s**, {base["cpu_us"]:.1f} µs of CPU an event, of all hops. A step is worse
than linear where the cost of an event grows by more than what grows.

{table(head, rows)}"""


def _rows(measured: Mapping[Size, Mapping[str, float]], name: str, values: Sequence[int]) -> list[tuple[object, ...]]:
    steps = [measured[replace(Size(), **{name: value})] for value in values]
    words, times = ("window features", 5) if name == "windows" else (name, 1)
    rows: list[tuple[object, ...]] = []
    for place, (value, its) in enumerate(zip(values, steps, strict=True)):
        most = value / values[place - 1] if place else 0.0
        grown = at_most(its["cpu_us"] / steps[place - 1]["cpu_us"], most) if place else ""
        rate, cost = round(its["per_second"]), f"{its['cpu_us']:.1f}"
        rows.append((words, value * times, rate, cost, grown, f"{most:.0f}" if place else ""))
    return rows


def _of(endpoints: Endpoints, home: Path, size: Size) -> tuple[float, float]:
    """Events a second, and microseconds of CPU an event of all processes together."""
    with ground(endpoints, home, _pipeline(home, size.windows), size.partitions) as there:
        platform = there.platform
        there.champion()
        children = [pinned(platform.start(hop, ordinal), 0) for hop in _HOPS for ordinal in range(size.replicas)]
        drawn = cards.uniform(size.entities, RECORDS + _WARM)
        _through(there, drawn[:_WARM], 0)
        before, since = _cpu(children), clock.monotonic()
        _through(there, drawn[_WARM:], _WARM)
        return RECORDS / (clock.monotonic() - since), (_cpu(children) - before) / RECORDS * 1e6


def _through(there: Ground, customers: cards.Numbers, first: int) -> None:
    """Publish, and wait for as many predictions."""
    there.fill("events.raw", cards.EVENT, cards.payments(customers, first))
    there.platform.drained(*_HOPS, within=_LIMIT_SECONDS)
    assert len(there.values("predictions")) >= first + len(customers)


def _cpu(children: Sequence[Program]) -> float:
    return sum(seconds_of(psutil.Process(child.pid)) for child in children)


def _pipeline(home: Path, windows: int) -> Path:
    """The pipeline with another number of windows: multiples of six hours, where it isn't the usual four."""
    folder = home / f"cards-{windows}"
    if not folder.exists():
        copytree(cards.PIPELINE, folder)
        file = folder / "pipeline.yaml"
        named = _WINDOWS if windows == 4 else f"[{', '.join(f'{6 * (number + 1)}h' for number in range(windows))}]"
        file.write_text(file.read_text().replace(_WINDOWS, named))
    return folder
