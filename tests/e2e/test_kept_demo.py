"""A demo that is kept: it starts again on its data, and ends as it says."""

import os
import re
import signal
from pathlib import Path

import orjson
import pytest

from services.cli.supervisor import SERVICES
from services.contracts.pipeline import load
from services.contracts.topics import staged
from tests.e2e.playing import demo, left, started
from tests.eventually import Eventually
from tests.platform import PAYMENTS

TINY = ("--events", "1000", "--option", "days=8", "--step", "8d", "--drift", "none")
"""Too little to learn from: it is played to its end without a model."""


@pytest.mark.timeout(300)
def test_a_demo_that_is_kept_starts_again_on_its_data_and_answers(home: Path, eventually: Eventually) -> None:
    running = demo(home, "--json", "--keep", *TINY)
    out, account = (text.decode() for text in running.communicate())
    summary, told = orjson.loads(out), dict(re.findall(r"export (\w+)='?(.*?)'?\n", account))
    assert summary["problems"] == ["no model was released"]
    assert summary["events"] == summary["answered"] == 1_000
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
