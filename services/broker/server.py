"""One Java process of the local broker: started in a session of its own, remembered in a pid file, stopped in order."""

import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import psutil

from services.broker.class_archive import ClassArchives
from services.broker.environment import java_environment
from services.broker.errors import DiskFull, NoMemory, PortTaken, StartFailed
from services.broker.java import Java
from services.broker.pidfile import PidFile
from services.broker.ports import Ports, is_free

_POLL_SECONDS = 0.05
_TAIL_LINES = 15
NEEDED_MEMORY = 900_000_000


@dataclass(frozen=True, slots=True)
class Site:
    """Where a server lives: its Java and class archives, its directory, the ports of all and the file of these."""

    java: Java
    archives: ClassArchives
    directory: Path
    ports: Ports
    remembered: Path
    pid_file: PidFile


@dataclass(frozen=True, slots=True)
class Server:
    """How to run one server: `command` at `site`, listening on `ports`; `is_ready` asks the server itself."""

    name: str
    command: Sequence[str]
    site: Site
    ports: Sequence[int]
    is_ready: Callable[[], bool]

    @property
    def log(self) -> Path:
        """What the process writes to its standard output and error."""
        return self.site.directory / "logs" / "output.log"

    def start(self) -> None:
        """Starts the process unless it runs. Raises PortTaken, StartFailed."""
        if self.site.pid_file.process() is not None:
            return
        for port in self.ports:
            if not is_free(port):
                raise PortTaken(self.name, port, str(self.site.remembered))
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as output:
            try:
                process = subprocess.Popen(
                    self.command,
                    cwd=self.site.directory,
                    env=java_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise StartFailed(self.name, f"could not be started ({error.strerror})", str(self.log), "") from error
        self.site.pid_file.write(process.pid)

    def await_ready(self, within: float) -> None:
        """Returns when the server answers. Raises BrokerError if it ended or did not answer in time."""
        deadline, pause = monotonic() + within, threading.Event()
        while not self.is_ready():
            if self.site.pid_file.process() is None:
                raise self._failure("ended while it was starting")
            if monotonic() >= deadline:
                raise self._failure(f"was not ready within {within:.0f} s")
            pause.wait(_POLL_SECONDS)

    def _failure(self, what: str) -> Exception:
        lines = [line for log in sorted(self.log.parent.glob("*.log")) for line in _tail(log)]
        text = "\n".join(lines)
        if "insufficient memory" in text or "OutOfMemoryError" in text:
            return NoMemory(NEEDED_MEMORY, psutil.virtual_memory().available)
        if "No space left on device" in text:
            return DiskFull(str(self.site.directory), 500_000_000, psutil.disk_usage(str(self.site.directory)).free)
        if "Address already in use" in text or "is already in use" in text:
            return PortTaken(self.name, self.ports[0], str(self.site.remembered))
        return StartFailed(self.name, what, str(self.log.parent), text)


def _tail(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
