"""A yardstick is measured in a process of its own, which is told each dataset and tells what it measured."""

import logging
import math
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from services.chassis import clock
from services.chassis.reading import TopicReader
from services.training.adapters.lines import Tail, append
from services.training.adapters.workshop import JOB, Limits, Work
from services.training.domain.history import Value

log = logging.getLogger(__name__)

DATASETS, MEASURED = "datasets", "measured"
"""Files of the folder, see `lines`: what the process is told, and what it tells."""
_LOOK_SECONDS = 5.0


class ProcessYardsticks:
    """Starts `python -m services.training.yardsticks <folder>` and tells it all datasets from the first on.

    job: what it is told at its start. follow: begins to read `datasets`. A process that has ended, or takes more than
    its limits, is followed by another one a little later.
    """

    def __init__(self, folder: Path, limits: Limits, job: Mapping[str, Any], follow: Callable[[], TopicReader]) -> None:
        self._folder, self._limits, self._job, self._follow = folder, limits, job, follow
        self._open: _Open | None = None
        self._looks_at = -math.inf
        self._measured: deque[Value] = deque()

    def measured(self, after: int) -> Sequence[Value]:
        """See the step's `Yardsticks`. Raises TransientError."""
        if clock.monotonic() >= self._looks_at:
            self._look()
        if self._open is not None:
            append(self._folder / DATASETS, [one.value for one in self._open.datasets.poll(0)])
            self._measured += self._open.told.new()
        while self._measured and self._measured[0]["clock"] <= after:
            self._measured.popleft()
        return tuple(self._measured)

    def _look(self) -> None:
        """Whether the process goes on; where none does another one begins. It is looked at seldom, for that is dear."""
        self._looks_at = clock.monotonic() + _LOOK_SECONDS
        if self._open is None:
            self._open = self._begun()
        elif why := self._limits.ended(self._open.work):
            log.warning("no yardstick for a while", extra={"why": f"{why}: {_last(self._folder)}"})
            self.close()

    def close(self) -> None:
        """End the process."""
        was, self._open = self._open, None
        self._measured.clear()
        if was is not None:
            was.work.process.kill()
            was.work.process.wait()
            was.datasets.close()

    def _begun(self) -> "_Open":
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        (self._folder / JOB).write_bytes(orjson.dumps(self._job))
        datasets = self._follow()
        with (self._folder / "log").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.training.yardsticks", str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        log.info("yardstick begun", extra={"pid": process.pid})
        return _Open(Work(process, clock.monotonic()), datasets, Tail(self._folder / MEASURED))


class _Open(NamedTuple):
    """A process, the datasets that it is told, and what it tells."""

    work: Work
    datasets: TopicReader
    told: Tail


def _last(folder: Path) -> str:
    lines = (folder / "log").read_text(errors="replace").strip().splitlines()
    return lines[-1][:500] if lines else "it said nothing"
