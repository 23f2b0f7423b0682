"""The demo as a newcomer starts it: it closes the loop, leaves no process, and Ctrl-C ends it at any time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import psutil
import pytest

from tests.eventually import Eventually

SMALL = ("--events", "30000", "--option", "fraud=0.06", "--step", "3d")


def _demo(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    # no terminal, a space in the path, a proxy that is dead
    home.mkdir()
    environment = dict(os.environ) | {"DRIFTMILL_HOME": str(home), "HTTP_PROXY": "http://127.0.0.1:9"}
    for name in ("DRIFTMILL_BOOTSTRAP", "DRIFTMILL_SCHEMA_REGISTRY", "NO_PROXY", "no_proxy"):
        environment.pop(name, None)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "services.cli.demo", *arguments],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _left(home: Path) -> list[str]:
    """Processes that were started for a home and still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DRIFTMILL_HOME", "").startswith(str(home)) or str(home) in " ".join(
                process.cmdline()
            ):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


@pytest.mark.timeout(900)
def test_the_loop_closes_and_nothing_is_left(tmp_path: Path) -> None:
    home = tmp_path / "a home"
    demo = _demo(home, "--json", *SMALL)
    out, account = demo.communicate()
    assert demo.returncode == 0, account.decode()[-4000:]
    summary = orjson.loads(out)
    assert summary["closed"] is True
    assert summary["events"] == summary["answered"] == 30_000
    assert summary["difference"]["low"] > 0
    # scored again by the first model's file, its own answers come out as they were served
    assert summary["rescoring_error"] < 1e-6
    assert summary["refused"] or len(summary["released"]) >= 2
    assert _left(home) == []


def test_an_interrupted_demo_leaves_no_process(tmp_path: Path, eventually: Eventually) -> None:
    home = tmp_path / "a home"
    demo = _demo(home, *SMALL)
    eventually(lambda: list(home.glob("demo-*/logs/payments/features.log")), 90)
    demo.send_signal(signal.SIGINT)
    out, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, out
    eventually(lambda: not _left(home), 20)


def test_a_killed_demo_leaves_no_process(tmp_path: Path, eventually: Eventually) -> None:
    home = tmp_path / "a home"
    demo = _demo(home, *SMALL)
    eventually(lambda: list(home.glob("demo-*/logs/payments/features.log")), 90)
    demo.kill()
    demo.communicate(timeout=60)
    eventually(lambda: not _left(home), 60)
