"""What serving a model file takes of a process: processor time for a row, and memory."""

import resource
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from services.chassis import clock
from services.contracts.golden_feed import Feed, GoldenFeed
from services.contracts.manifest import Cost

MANY = 2_000
"""Rows in a great batch."""
_ALONE = 200
"""So many rows are served alone, too."""
_PASSES = 3
_MIB = 2**20
_STATUS = Path("/proc/self/status")


def held_at_most() -> float:
    """MiB that the process held at most. Linux counts in the usage of resources what it held before its program began,
    which is the parent's."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def cost_of(run: Callable[[Feed], object], rows: GoldenFeed, before: float) -> Cost:
    """Serve rows. run: scores a feed. before: what the process had held at most before the file was opened.

    Each time is the least of three passes, so that what else the machine does isn't taken for the file's.
    """
    alone = [rows.of(np.array([row])) for row in range(min(_ALONE, len(rows)))]
    together = rows.of(np.arange(MANY))
    times = np.array([[_milliseconds(run, feed) for feed in (*alone, together)] for _ in range(_PASSES)]).min(axis=0)
    return {
        "alone": float(np.median(times[:-1])),
        "alone_p99": float(np.quantile(times[:-1], 0.99)),
        "together": float(times[-1]) * 1_000 / MANY,
        "mib": held_at_most() - before,
    }


def _milliseconds(run: Callable[[Feed], object], feed: Feed) -> float:
    started = clock.thread_seconds()
    run(feed)
    return (clock.thread_seconds() - started) * 1e3
