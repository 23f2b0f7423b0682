"""The demo as a newcomer starts it: it closes the loop, leaves no process, and Ctrl-C ends it at any time."""

import signal
from pathlib import Path

import orjson
import pytest

from tests.e2e.playing import demo, left
from tests.eventually import Eventually

SMALL = ("--events", "30000", "--option", "fraud=0.06", "--step", "3d")


@pytest.mark.timeout(900)
def test_the_loop_closes_and_nothing_isleft(home: Path) -> None:
    running = demo(home, "--json", *SMALL)
    out, account = running.communicate()
    assert running.returncode == 0, account.decode()[-4000:]
    summary = orjson.loads(out)
    assert summary["closed"] is True
    assert summary["events"] == summary["answered"] == 30_000
    assert summary["difference"]["low"] > 0
    # scored again by the first model's file, its own answers come out as they were served
    assert summary["rescoring_error"] < 1e-6
    assert summary["refused"] or len(summary["released"]) >= 2
    assert left(home) == []


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
