"""One supervised process: started tied to us, restarted with growing pauses, stopped with everything it started."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from services.chassis import clock
from services.cli.failure import USAGE

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_HEALTHY_SECONDS = 60.0
_LOG_BYTES = 20_000_000
_ROOM = 1_000_000
"""With less free space than this, in bytes, a disk is full."""


@dataclass
class Child:
    """A process by name. module: what `python -m` runs. log: file for its output."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    restarts: int = 0
    exit_code: int | None = None
    _process: subprocess.Popen[bytes] | None = None
    _tie: int | None = None
    _started: float = 0.0
    _pause: float = _FIRST_PAUSE
    _due: float = field(default=0.0)

    @property
    def pid(self) -> int | None:
        """Id of the process, or None when it doesn't run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def hopeless(self) -> bool:
        """Whether it ended because it was started wrongly, so that another start would end the same."""
        return self.exit_code == USAGE

    @property
    def due_in(self) -> float:
        """Seconds until the next start."""
        return max(self._due - clock.monotonic(), 0.0)

    def start(self) -> None:
        """Start it, in a process group of its own."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".1.log"))
        reading, self._tie = os.pipe()
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "services.cli.tether", str(reading), self.module, *self.arguments],
                    cwd=self.directory,
                    env=dict(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(reading,),
                    start_new_session=True,
                )
        finally:
            os.close(reading)
        self._started, self.exit_code = clock.monotonic(), None

    def ended(self) -> int | None:
        """Its exit code if it has ended, None while it runs."""
        code = self._process.poll() if self._process is not None else None
        if code is not None:
            self._bury(code)
        return self.exit_code

    def tend(self) -> bool:
        """Restart it if it has ended and its pause is over. True if it ended since the last call."""
        if self._process is None:
            if not self.hopeless and self.due_in == 0:
                self.restarts += 1
                self.start()
            return False
        code = self._process.poll()
        if code is None:
            return False
        healthy = clock.monotonic() - self._started > _HEALTHY_SECONDS
        self._pause = _FIRST_PAUSE if healthy else self._pause
        self._due = clock.monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        self._bury(code)
        return True

    def ask(self) -> None:
        """Ask it to stop."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def stop(self, within: float) -> None:
        """Ask it to stop; kill it after `within` seconds, and what it left behind."""
        if self._process is None:
            return
        self.ask()
        try:
            code = self._process.wait(within)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            code = self._process.wait()
        self._bury(code)

    def memory(self) -> int:
        """Resident bytes of it and what it started; 0 when it doesn't run."""
        if self.pid is None:
            return 0
        total = 0
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.pid)
            for process in (parent, *parent.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    total += process.memory_info().rss
        return total

    def last_words(self) -> str:
        """The last line of its log; where it could say nothing, why not."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(self.log.stat().st_size - 4_000, 0))
            lines = log.read().decode(errors="replace").strip().splitlines()
        if not lines and shutil.disk_usage(self.log.parent).free < _ROOM:
            return f"the disk of {self.log.parent} is full: free some space and start again"
        return lines[-1] if lines else ""

    def _bury(self, code: int) -> None:
        """Forget the process; whatever it started and left behind ends too."""
        assert self._process is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._tie is not None:
            os.close(self._tie)
        self._process, self._tie, self.exit_code = None, None, code
