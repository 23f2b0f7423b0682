"""A scene darkens, and the loop sees to it: pictures by reference, a network, the floor, labels, another network."""

from pathlib import Path

import orjson
import pytest

from tests.e2e.playing import demo, left

COUNT = 5_700


@pytest.mark.timeout(900)
def test_a_network_that_the_dark_has_made_useless_is_replaced(home: Path) -> None:
    running = demo(home, "vehicles", "--json", "--events", str(COUNT), "--drift", "12", "--step", "3d")
    out, account = running.communicate()
    assert running.returncode == 0, account.decode()[-4000:]
    assert b"Beyond the floor (precision" in account
    summary = orjson.loads(out)
    assert summary["events"] == summary["answered"] == COUNT
    assert summary["quarantined"] == {}
    assert summary["rescoring_error"] < 1e-6
    dark = summary["periods"][-1]
    assert dark["first_model_kept"] < dark["loop"]
    assert left(home) == []
