"""Memory of each process with a million entities and a backlog of a million events."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from services.broker.local import Endpoints
from services.chassis import clock
from services.chassis.progress import Progress
from tests.bench import cards
from tests.bench.ground import Ground, ground, say
from tests.bench.meter import Ends
from tests.bench.report import at_most
from tests.eventually import eventually
from tests.programs import Program
from tests.results.page import table

ENTITIES = 1_000_000
SERVICES = ("validation", "features", "inference", "outcomes", "lake", "monitoring")
_MOST_MB = 500.0
_LIMIT_SECONDS = 600.0


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """The most memory of each service, in MB. The backlog is there when they start; each event is of a new entity."""
    with ground(endpoints, home, cards.PIPELINE) as there:
        platform = there.platform
        there.champion()
        there.fill("events.raw", cards.EVENT, cards.payments(cards.each_once(ENTITIES)))
        children = {service: platform.start(service) for service in SERVICES}
        seconds = _worked_off(there, children)
        peaks = {service: _peak_mb(child) for service, child in children.items()}
    say(f"{seconds:.0f} s; " + ", ".join(f"{service} {peak:.0f} MB" for service, peak in peaks.items()))
    return {"seconds": seconds, "peaks": peaks}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    rows = [(service, at_most(peak, _MOST_MB, 0), f"{_MOST_MB:.0f}") for service, peak in found["peaks"].items()]
    return f"""## Memory

{ENTITIES:,} events of as many entities lie in `events.raw` when all services are started together; the most memory that
each process has resident (VmHWM) until everything is worked off, {found["seconds"]:.0f} s later.

{table(("process", "MB", "at most"), rows)}

Here no event ever matures: outcomes holds all of them, on its disk."""


def _worked_off(there: Ground, children: Mapping[str, Program]) -> float:
    platform, since = there.platform, clock.monotonic()
    progress = Progress(platform.settings, platform.pipeline.resolved.stages)
    ends = Ends(platform.settings, platform.settings.topic("predictions"))

    def is_done() -> bool:
        ended = [service for service, child in children.items() if child.poll() is not None]
        assert not ended, f"{ended} ended"
        return ends.total() >= ENTITIES and all(progress.is_drained(service) for service in children)

    try:
        eventually(is_done, _LIMIT_SECONDS)
    finally:
        progress.close()
        ends.close()
    return clock.monotonic() - since


def _peak_mb(child: Program) -> float:
    """Most resident memory so far; where the system doesn't tell, that of now."""
    status = Path(f"/proc/{child.pid}/status")
    if not status.exists():
        return float(psutil.Process(child.pid).memory_info().rss) / 1e6
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6
