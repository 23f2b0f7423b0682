"""The demo as a newcomer starts it: it closes the loop, leaves no process, and Ctrl-C ends it at any time."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import orjson
import psutil
import pytest

from services.cli.supervisor import SERVICES
from services.contracts.pipeline import load
from services.contracts.topics import staged
from tests.eventually import Eventually
from tests.platform import PAYMENTS

SMALL = ("--events", "30000", "--option", "fraud=0.06", "--step", "3d")
TINY = ("--events", "1000", "--option", "days=8", "--step", "8d", "--drift", "none")
"""Too little to learn from: it is played to its end without a model."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of which nothing is left running, whatever becomes of the test."""
    yield tmp_path / "a home"
    for process in _left(tmp_path):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _demo(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    # no terminal, a space in the path
    home.mkdir()
    return _started(home, {"DRIFTMILL_HOME": str(home)}, "services.cli.demo", *arguments)


def _started(here: Path, exported: Mapping[str, str], module: str, *arguments: str) -> subprocess.Popen[bytes]:
    # a proxy that is dead
    environment = dict(os.environ) | {"HTTP_PROXY": "http://127.0.0.1:9"} | dict(exported)
    for name in ("DRIFTMILL_BOOTSTRAP", "DRIFTMILL_SCHEMA_REGISTRY", "NO_PROXY", "no_proxy"):
        environment.pop(name, None)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        cwd=here,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _left(home: Path) -> list[psutil.Process]:
    """Processes that were started for a home and still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DRIFTMILL_HOME", "").startswith(str(home)) or str(home) in " ".join(
                process.cmdline()
            ):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


@pytest.mark.timeout(900)
def test_the_loop_closes_and_nothing_is_left(home: Path) -> None:
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


def test_an_interrupted_demo_leaves_no_process(home: Path, eventually: Eventually) -> None:
    demo = _demo(home, *SMALL)
    eventually(lambda: list(home.glob("demo-*/logs/payments/features.log")), 90)
    demo.send_signal(signal.SIGINT)
    out, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, out
    eventually(lambda: not _left(home), 20)


def test_a_killed_demo_leaves_no_process(home: Path, eventually: Eventually) -> None:
    demo = _demo(home, *SMALL)
    eventually(lambda: list(home.glob("demo-*/logs/payments/features.log")), 90)
    demo.kill()
    demo.communicate(timeout=60)
    eventually(lambda: not _left(home), 60)


@pytest.mark.timeout(300)
def test_a_demo_that_is_kept_starts_again_on_its_data_and_answers(home: Path, eventually: Eventually) -> None:
    demo = _demo(home, "--json", "--keep", *TINY)
    out, account = (text.decode() for text in demo.communicate())
    summary, told = orjson.loads(out), dict(re.findall(r"export (\w+)='?(.*?)'?\n", account))
    assert summary["problems"] == ["no model was released"]
    assert summary["events"] == summary["answered"] == 1_000
    stages = set(staged(SERVICES, load(PAYMENTS).resolved.stages))
    log = Path(told["DRIFTMILL_HOME"]) / "logs" / "up.log"
    eventually(lambda: set(re.findall(r"^(\S+): ready$", log.read_text(), re.MULTILINE)) == stages, 150)
    status = _started(home, told, "services.cli.main", "status", "--json")
    out, error = (text.decode() for text in status.communicate(timeout=60))
    assert status.returncode == 0, error
    lag = orjson.loads(out)["lag"]
    assert lag.keys() == stages - {"ingestion"}
    assert lag["inference"] == 0
    (pid,) = re.findall(r"  kill (\d+) ", account)
    os.kill(int(pid), signal.SIGTERM)
    eventually(lambda: not _left(home), 60)
