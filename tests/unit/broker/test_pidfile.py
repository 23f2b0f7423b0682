import json
import subprocess
import sys
from pathlib import Path

from services.broker.pidfile import PidFile


def sleeper(program: str = "import signal; signal.pause()") -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


def test_a_remembered_process_is_found_stopped_and_forgotten(tmp_path: Path) -> None:
    pid_file, process = PidFile(tmp_path / "running" / "a.pid"), sleeper()
    pid_file.write(process.pid)
    found = pid_file.process()
    assert found is not None
    assert found.pid == process.pid
    assert pid_file.stop(within=5)
    assert pid_file.process() is None
    assert not pid_file.path.exists()
    assert not pid_file.stop(within=5)


def test_a_process_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    process = sleeper("import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()")
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    pid_file = PidFile(tmp_path / "a.pid")
    pid_file.write(process.pid)
    assert not pid_file.stop(within=0.2)
    assert process.poll() is not None


def test_a_reused_id_is_not_taken_for_the_remembered_process(tmp_path: Path) -> None:
    pid_file, process = PidFile(tmp_path / "a.pid"), sleeper()
    pid_file.write(process.pid)
    pid_file.path.write_text(json.dumps(json.loads(pid_file.path.read_text()) | {"started": "before"}))
    assert pid_file.process() is None
    pid_file.stop(within=1)
    assert process.poll() is None
    process.kill()
    process.wait()
