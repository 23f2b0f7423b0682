"""The demo as a newcomer starts it: it closes the loop, is kept, leaves no process, and Ctrl-C ends it at any time."""

import os
import re
import signal
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.cli.supervisor import SERVICES
from services.contracts.pipeline import load
from services.contracts.topics import staged
from tests.e2e.playing import demo, left, started
from tests.eventually import Eventually
from tests.platform import PAYMENTS

EVENTS = 20_000
SMALL = ("--events", str(EVENTS), "--option", "fraud=0.09", "--step", "6d")


@pytest.mark.timeout(900)
def test_the_loop_closes_and_what_is_kept_starts_again_on_its_data_and_leaves_no_process(
    home: Path, eventually: Eventually
) -> None:
    running = demo(home, "--json", "--keep", *SMALL)
    out, account = (text.decode() for text in running.communicate())
    assert running.returncode == 0, account[-4000:]
    _closed(orjson.loads(out))
    told = dict(re.findall(r"export (\w+)='?(.*?)'?\n", account))
    stages = set(staged(SERVICES, load(PAYMENTS).resolved.stages))
    log = Path(told["DRIFTMILL_HOME"]) / "logs" / "up.log"
    eventually(lambda: set(re.findall(r"^(\S+): ready$", log.read_text(), re.MULTILINE)) == stages, 150)
    status = started(home, told, "services.cli.main", "status", "--json")
    out, error = (text.decode() for text in status.communicate(timeout=60))
    assert status.returncode == 0, error
    lag = orjson.loads(out)["lag"]
    assert lag.keys() == stages - {"ingestion"}
    assert lag["inference"] == 0
    (pid,) = re.findall(r"  kill (\d+) ", account)
    os.kill(int(pid), signal.SIGTERM)
    eventually(lambda: not left(home), 60)


def _closed(summary: dict[str, Any]) -> None:
    assert summary["closed"] is True
    assert summary["events"] == summary["answered"] == EVENTS
    assert summary["difference"]["low"] > 0
    # scored again by the first model's file, its own answers come out as they were served
    assert summary["rescoring_error"] < 1e-6
    assert summary["refused"] or len(summary["released"]) >= 2


def test_an_interrupted_demo_leaves_no_process(home: Path, eventually: Eventually) -> None:
    running = demo(home, *SMALL)
    eventually(lambda: list(home.glob("demo-*/logs/payments/features.log")), 90)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 130, out
    eventually(lambda: not left(home), 20)


def test_a_killed_demo_leaves_no_process(home: Path, eventually: Eventually) -> None:
    running = demo(home, *SMALL)
    eventually(lambda: list(home.glob("demo-*/logs/payments/features.log")), 90)
    running.kill()
    running.communicate(timeout=60)
    eventually(lambda: not left(home), 60)
