"""Programs of ours as processes. Tests fork them from a process that has loaded what they load, benchmarks do not.

What a service loads costs a second of CPU at each start, and tests start hundreds. A forked program runs what
`python -m` would run. The demo, the closed loop and the containers start theirs as users do.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Protocol

_ROOT = Path(__file__).parents[1]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.loaded"])
_how = SimpleNamespace(forked=False)


def fork() -> None:
    """From now on programs are forked."""
    _how.forked = True


@dataclass(frozen=True, slots=True)
class _Order:
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    out: Path
    err: Path


class Program(Protocol):
    """A running program, by the names of `subprocess.Popen`."""

    @property
    def pid(self) -> int:
        """Its id."""

    def poll(self) -> int | None:
        """Its exit code once it has ended; minus the signal's number if one ended it."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code when it has ended. Raises subprocess.TimeoutExpired after so many seconds."""

    def terminate(self) -> None:
        """Ask it to end, if it runs."""

    def kill(self) -> None:
        """End it at once."""


class _Forked:
    def __init__(self, order: _Order) -> None:
        self._process = _CONTEXT.Process(target=_become, args=(order,), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid, self.terminate, self.kill = self._process.pid, self._process.terminate, self._process.kill

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return code


def start(module: str, environment: Mapping[str, str], log: Path, arguments: Sequence[str] = ()) -> Program:
    """A program whose output is added to a log, which is there at once."""
    log.touch()
    return _started(_Order(module, arguments, environment, log, log))


def run(module: str, environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end; what it wrote."""
    with TemporaryDirectory() as place:
        order = _Order(module, arguments, environment, Path(place, "out"), Path(place, "err"))
        code = _started(order).wait()
        return subprocess.CompletedProcess([module, *arguments], code, order.out.read_text(), order.err.read_text())


def _started(order: _Order) -> Program:
    if _how.forked:
        return _Forked(order)
    command = [sys.executable, "-m", order.module, *order.arguments]
    with order.out.open("ab") as out, order.err.open("ab") as err:
        return subprocess.Popen(command, cwd=_ROOT, env=order.environment, stdout=out, stderr=err)


def _become(order: _Order) -> None:
    # a daemon ends with us; it may all the same start processes
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    for path, descriptor in ((order.out, 1), (order.err, 2)):
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, descriptor)
        os.close(log)
    os.environ.clear()
    os.environ.update(order.environment)
    os.chdir(_ROOT)
    sys.argv = [order.module, *order.arguments]
    runpy.run_module(order.module, run_name="__main__", alter_sys=True)
