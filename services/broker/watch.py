"""Ends processes whose owner is gone: `python -m services.broker.watch OWNER DIRECTORY`.

Runs in a session of its own. DIRECTORY holds the pid files of what must not outlive the process OWNER, however that one
ends. The watch itself ends with OWNER, or when no pid file is left.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

from services.broker.environment import child_environment
from services.broker.pidfile import PidFile

_POLL_SECONDS = 0.25
_GRACE_SECONDS = 5.0


def start_watch(owner: int, directory: Path) -> None:
    """Starts a watch in the background; write the pid files first."""
    subprocess.Popen(
        [sys.executable, "-m", "services.broker.watch", str(owner), str(directory)],
        env=child_environment({"PYTHONPATH": str(Path(__file__).parents[2])}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )


def watch(owner: psutil.Process | None, directory: Path) -> None:
    """Waits for `owner` to end, then stops what the pid files in `directory` name."""
    pause = threading.Event()
    while owner is not None and _lives(owner):
        if not any(directory.glob("*.pid")):
            return
        pause.wait(_POLL_SECONDS)
    stops = [threading.Thread(target=PidFile(path).stop, args=(_GRACE_SECONDS,)) for path in directory.glob("*.pid")]
    for stop in stops:
        stop.start()
    for stop in stops:
        stop.join()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def main(arguments: Sequence[str]) -> None:
    """Takes OWNER and DIRECTORY from the command line."""
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    try:
        owner = psutil.Process(int(arguments[0]))
    except psutil.NoSuchProcess:
        owner = None
    watch(owner, Path(arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
