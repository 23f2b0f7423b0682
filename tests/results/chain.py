"""How many events a second go through the whole chain: raw topic full, all data-plane services started together."""

import os
import subprocess
import sys
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from services.broker.environment import child_environment
from services.broker.local import LocalBroker
from services.contracts.topics import staged
from tests.platform import ROOT, Platform, pipeline_named

SERVICES = ("validation", "features", "inference", "outcomes", "lake")
_WRITTEN = ("events", "features", "predictions", "outcomes")
_LIMIT_SECONDS = 600.0


def measure(events: int) -> dict[str, object]:
    """Fill the raw topic with generated payments and labels, then start the services.

    Returns the answers given (`events`), the `seconds` from the first accepted event to the last answer by the broker's
    clock, which leaves out the start of processes, and for each topic the `rates` of its records, from first to last.
    """
    with TemporaryDirectory(prefix="driftmill-chain-") as directory:
        home = Path(directory)
        broker = LocalBroker(home, detached=False, owner=os.getpid())
        try:
            pipeline = pipeline_named(f"c{uuid.uuid4().hex[:8]}", ROOT / "pipelines" / "payments")
            platform = Platform.create(broker.up(), pipeline, home)
            try:
                return _measured(platform, events)
            finally:
                platform.close()
        finally:
            broker.down()


def _measured(platform: Platform, events: int) -> dict[str, object]:
    source = ("--source", "pipelines/payments/source.py", "--pace", "max", "--final", "--option", f"events={events}")
    subprocess.run(
        [sys.executable, "-m", "services.ingestion", "replay", *source],
        cwd=ROOT,
        env=child_environment(platform.environment()),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    services = staged(SERVICES, platform.pipeline.resolved.stages)
    for service in services:
        platform.start(service)
    platform.drained(*services, within=_LIMIT_SECONDS)
    times = {topic: _append_times(platform, topic) for topic in _WRITTEN}
    return {
        "events": len(times["predictions"]),
        "seconds": float(times["predictions"].max() - times["events"].min()) / 1e6,
        "rates": {topic: len(found) / (float(found.max() - found.min()) / 1e6) for topic, found in times.items()},
    }


def _append_times(platform: Platform, topic: str) -> NDArray[np.int64]:
    return np.array([record.timestamp for record in platform.read(topic)], np.int64)
