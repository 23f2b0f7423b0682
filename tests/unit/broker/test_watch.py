import subprocess
import sys
from pathlib import Path

from services.broker.pidfile import PidFile
from services.broker.watch import start_watch
from tests.eventually import Eventually

PAUSE = [sys.executable, "-c", "import signal; signal.pause()"]


def test_what_is_watched_ends_with_its_owner(tmp_path: Path, eventually: Eventually) -> None:
    owner, process = subprocess.Popen(PAUSE), subprocess.Popen(PAUSE)
    pid_file = PidFile(tmp_path / "service.pid")
    pid_file.write(process.pid)
    start_watch(owner.pid, tmp_path)
    assert process.poll() is None
    owner.kill()
    eventually(lambda: process.poll() is not None)
    eventually(lambda: not pid_file.path.exists())
    owner.wait()
