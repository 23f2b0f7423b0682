"""Runs are worked on in a process of their own, one folder a run; a result that is there is never made again."""

import base64
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

from services.chassis import clock
from services.training.adapters.crew import workers_of
from services.training.domain.history import Value

log = logging.getLogger(__name__)

JOB, RESULT, STEPS = "job.json", "result.json", "steps"


@dataclass(frozen=True, slots=True)
class Work:
    """A process, and when it was begun by the clock that only runs forward."""

    process: subprocess.Popen[bytes]
    begun: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may take: seconds of wall time, and megabytes of memory."""

    seconds: float
    memory_mb: int

    def ended(self, work: Work) -> str:
        """Why a run is over, empty while it may go on."""
        code = work.process.poll()
        if code is not None:
            return f"ended with exit code {code}"
        if clock.monotonic() - work.begun >= self.seconds:
            return f"ran longer than {self.seconds:g} s (DRIFTMILL_RUN_SECONDS)"
        if _memory(work.process.pid) > self.memory_mb * 2**20:
            return f"used more than {self.memory_mb:,} MB of memory (DRIFTMILL_RUN_MEMORY_MB)"
        return ""


class ProcessWorkshop:
    """Starts `python -m services.training.work <folder>` for a run and waits for its result.

    folder: holds a folder for each open run. job: what every run is told; champion: what a run is told of the version
    that it is compared with. The process ends with this one: it watches its standard input.
    """

    def __init__(
        self, folder: Path, limits: Limits, job: Mapping[str, Any], champion: Callable[[str], Mapping[str, Any]]
    ) -> None:
        self._folder, self._limits, self._job, self._champion = folder, limits, job, champion
        self._open: dict[str, Work] = {}

    def result_of(self, run: Value) -> Mapping[str, Any] | None:
        """See the step's `Workshop`."""
        place = self._folder / run["run_id"]
        work = self._open.get(run["run_id"])
        if work is None:
            if (place / RESULT).exists():
                return _read(place)
            self._open[run["run_id"]] = self._begin(place, run)
            return None
        why = self._limits.ended(work)
        if not why:
            return None
        self.stop(run["run_id"])
        return _read(place) if (place / RESULT).exists() else _failed(place, why)

    def steps_of(self, run: Value) -> Sequence[str]:
        """See the step's `Workshop`; a line that isn't whole yet is left for the next look."""
        steps = self._folder / run["run_id"] / STEPS
        *whole, _ = steps.read_text().split("\n") if steps.exists() else [""]
        return whole

    def stop(self, run_id: str) -> None:
        """End the process of a run, if there is one."""
        work = self._open.pop(run_id, None)
        if work is not None:
            work.process.kill()
            work.process.wait()

    def close(self) -> None:
        """End all processes."""
        for run_id in list(self._open):
            self.stop(run_id)

    def _begin(self, place: Path, run: Value) -> Work:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        told = {name: value for name, value in run.items() if name != "dataset"}
        rival = None if run["champion"] is None else self._champion(run["champion"])
        job = {**self._job, "run": told, "dataset": orjson.loads(run["dataset"]), "champion": rival}
        (place / JOB).write_bytes(orjson.dumps(job))
        with (place / "log").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.training.work", str(place)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        log.info("run begun", extra={"run": run["run_id"], "pid": process.pid})
        return Work(process, clock.monotonic())


def _memory(pid: int) -> int:
    """Bytes that a process and its workers hold; none of those that have just ended."""
    held = 0
    with suppress(psutil.NoSuchProcess):
        held = psutil.Process(pid).memory_info().rss
    for worker in workers_of(pid):
        with suppress(psutil.NoSuchProcess):
            held += worker.memory_info().rss
    return held


def write_step(place: Path, step: str) -> None:
    """Note in a run's folder what it has come to."""
    with (place / STEPS).open("a") as steps:
        steps.write(f"{step}\n")


def write_result(place: Path, result: Mapping[str, Any]) -> None:
    """Put a run's result in its folder, whole or not at all."""
    draft = place / f"{RESULT}.draft"
    draft.write_bytes(orjson.dumps(result, default=lambda data: {"base64": base64.b64encode(data).decode()}))
    draft.replace(place / RESULT)


def _read(place: Path) -> Mapping[str, Any]:
    result: dict[str, Any] = orjson.loads((place / RESULT).read_bytes())
    candidate = result.get("candidate")
    if candidate:
        result["candidate"] = {name: _bytes(value) for name, value in candidate.items()}
    return result


def _bytes(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def _failed(place: Path, why: str) -> Mapping[str, Any]:
    log_file = place / "log"
    lines = log_file.read_text(errors="replace").strip().splitlines() if log_file.exists() else []
    last = lines[-1][:500] if lines else "it said nothing"
    return {"outcome": "failed", "reason": f"the training process {why}: {last}", "report": {"log": lines[-20:]}}
