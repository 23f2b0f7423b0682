"""A process remembered in a file, so that another program can find and stop it later."""

import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class PidFile:
    """Names a process by its id and the moment it was created: a reused id is not taken for it."""

    path: Path

    def write(self, pid: int) -> None:
        """Remembers the running process `pid`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"pid": pid, "started": started(pid)}), encoding="ascii")
        fresh.replace(self.path)

    def process(self) -> psutil.Process | None:
        """The remembered process, or None if it has ended."""
        try:
            remembered = json.loads(self.path.read_text(encoding="ascii"))
            process = psutil.Process(remembered["pid"])
            same = started(process.pid) == remembered["started"]
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
            return None

    def stop(self, within: float) -> bool:
        """Asks the process to end, kills it and its children after `within` seconds, forgets it.

        True if it ran, and ended when it was asked to.
        """
        process = self.process()
        in_order = process is not None and _end(process, within)
        self.path.unlink(missing_ok=True)
        return in_order


def _end(process: psutil.Process, within: float) -> bool:
    try:
        process.terminate()
        process.wait(within)
    except psutil.TimeoutExpired:
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait(within)
        return False
    except psutil.NoSuchProcess:
        return False
    return True


def started(pid: int) -> str:
    """When `pid` was started: text that no later process with the same id repeats and no change of the clock moves."""
    if not sys.platform.startswith("linux"):
        return str(psutil.Process(pid).create_time())
    ticks_since_boot = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text(encoding='ascii').strip()}/{ticks_since_boot}"
