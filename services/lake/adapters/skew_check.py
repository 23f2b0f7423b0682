"""Runs the comparison of served features with recomputed ones in a process of its own, when windows have ended.

It needs the kernel's compiler and runs the pipeline's functions: neither is to weigh on the lake, or to end it. What it
leaves undone it does the next time.
"""

import logging
import subprocess
import sys
from collections.abc import Iterable
from tempfile import TemporaryFile
from typing import IO, Any

import orjson

from services.chassis.metrics import Metrics
from services.contracts.record import Record
from services.contracts.skew import SkewCount

log = logging.getLogger(__name__)

_SOON = 60.0
"""Seconds after the start at the latest, for those that are started again often."""
_LOOKS = 2
"""After a window of the inputs has ended: it ends a little later in the logs of the stages."""
_LONGEST = 3_600.0
"""Seconds after which it is ended: a function of the pipeline's may never come back."""
COMMAND = (sys.executable, "-m", "services.lake", "skew")


class SkewCheck:
    """minutes: between two beginnings, 0 for none at all. process: the one that is at it, if any."""

    def __init__(self, minutes: float, metrics: Metrics, command: tuple[str, ...] = COMMAND) -> None:
        self._seconds, self._metrics, self._command = minutes * 60, metrics, command
        self._next: float | None = None
        self._latest = 0.0
        self._looks = 1
        self.process: subprocess.Popen[bytes] | None = None
        self._told: IO[bytes] | None = None

    def kept(self, profiles: Iterable[Record]) -> None:
        """Take in profiles that the lake keeps now: those of inputs tell that windows have ended."""
        if any(record.value["stream"] == "inputs" for record in profiles):
            self._looks = _LOOKS

    def turn(self, now: float) -> None:
        """Begin if it is time, or look whether it is done. now: monotonic seconds."""
        if self.process is not None:
            self._look(self.process, now)
            return
        if self._next is None:
            self._next = now + min(self._seconds, _SOON)
        if self._seconds and self._looks and now >= self._next:
            self._next, self._looks, self._latest = now + self._seconds, self._looks - 1, now + _LONGEST
            self._told = TemporaryFile()  # noqa: SIM115
            self.process = subprocess.Popen(self._command, stdout=self._told)

    def close(self) -> None:
        """End the process, if there is one."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._done()

    def _look(self, process: subprocess.Popen[bytes], now: float) -> None:
        code = process.poll()
        if code is None:
            if now >= self._latest:
                log.warning("served features took too long to compare", extra={"seconds": _LONGEST})
                process.kill()
            return
        assert self._told is not None
        self._told.seek(0)
        for line in self._told:
            self._take(orjson.loads(line))
        if code:
            # why, it has written itself
            self._looks = max(self._looks, 1)
            log.warning("served features were not compared to the end", extra={"exit": code})
        self._done()

    def _done(self) -> None:
        if self._told is not None:
            self._told.close()
        self.process = self._told = None

    def _take(self, line: dict[str, Any]) -> None:
        if "left_out" in line:
            where = {"stage": line["stage"], "partition": line["partition"], "why": line["left_out"]}
            log.warning("served features can't be compared", extra=where)
        for record in line.get("skew", ()):
            one = SkewCount.from_record(record)
            self._metrics.compared.labels(one.name).inc(one.rows)
            for how in ("mismatched", "missing", "extra"):
                self._metrics.differing.labels(one.name, how).inc(getattr(one, how))
