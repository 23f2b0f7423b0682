"""A supervised process is restarted when it dies, and ends with its parent and with all it started."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.cli.child import Child
from tests.eventually import Eventually

ROOT = Path(__file__).parents[2]

SLEEPER = "import sys, threading; print('up', flush=True); threading.Event().wait(60)"
BREEDER = (
    "import subprocess, sys, threading\n"
    "print(subprocess.Popen([sys.executable, '-c', 'import threading; threading.Event().wait(60)']).pid, flush=True)\n"
    "threading.Event().wait(60)"
)
STUBBORN = "import signal, threading; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n" + (
    "while True: threading.Event().wait(60)"
)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[object]:
    made: list[Child] = []

    def one(program: str) -> Child:
        (tmp_path / "program.py").write_text(program)
        environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
        made.append(Child("program", "program", (), environment, tmp_path, tmp_path / "program.log"))
        return made[-1]

    yield one
    for child in made:
        child.stop(0)


def _gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_dead_child_is_started_again_with_growing_pauses(make, eventually: Eventually) -> None:  # type: ignore[no-untyped-def]
    child = make(SLEEPER)
    child.start()
    pauses = []
    for count in (1, 2):
        pid = child.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        eventually(child.tend)
        pauses.append(child.due_in)
        assert child.exit_code == -signal.SIGKILL
        eventually(lambda: child.tend() or child.pid)
        assert child.restarts == count
    assert pauses[1] > pauses[0] > 0


def test_a_child_that_was_started_wrongly_is_not_started_again(make, eventually: Eventually) -> None:  # type: ignore[no-untyped-def]
    child = make("import sys; sys.stderr.write('no such option'); sys.exit(2)")
    child.start()
    eventually(child.tend)
    assert child.hopeless
    child.tend()
    assert child.pid is None
    assert child.last_words() == "no such option"


def test_stopping_ends_what_it_started_too(make, eventually: Eventually) -> None:  # type: ignore[no-untyped-def]
    child = make(BREEDER)
    child.start()
    grandchild = int(eventually(child.last_words))
    child.stop(5)
    assert child.pid is None
    eventually(lambda: _gone(grandchild))


def test_a_child_that_ignores_the_request_is_killed(make, eventually: Eventually) -> None:  # type: ignore[no-untyped-def]
    child = make(STUBBORN)
    child.start()
    eventually(child.last_words)
    child.stop(0.2)
    assert child.exit_code == -signal.SIGKILL


def test_children_end_when_their_parent_is_killed(tmp_path: Path, eventually: Eventually) -> None:
    (tmp_path / "program.py").write_text(SLEEPER)
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, threading\n"
            "from pathlib import Path\n"
            "from services.cli.child import Child\n"
            f"here = Path({str(tmp_path)!r})\n"
            "child = Child('program', 'program', (), os.environ, here, here / 'program.log')\n"
            "child.start()\n"
            "print(child.pid, flush=True)\n"
            "threading.Event().wait(60)",
        ],
        cwd=ROOT,
        env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    eventually((tmp_path / "program.log").read_text)
    parent.kill()
    parent.wait(10)
    parent.stdout.close()
    eventually(lambda: _gone(pid))
