"""A process does at a point what its environment says."""

import os
import signal
import subprocess
import sys

import pytest

from tests.platform import ROOT

PROGRAM = "from services.chassis import failpoint as f; f.arm(f.Faults()); f.hit('poll'); f.hit('poll'); print('lived')"
WAIT = "c = f.during('committing'); c.__enter__(); import threading; threading.Event().wait(9)"


@pytest.mark.parametrize(("nth", "code"), [(2, -signal.SIGKILL), (3, 0)])
def test_a_process_dies_where_the_environment_says(nth: int, code: int) -> None:
    environment = os.environ | {"DRIFTMILL_FAILPOINT": f"poll:{nth}:kill", "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=False).returncode == code


def test_something_can_happen_while_a_call_lasts() -> None:
    program = PROGRAM.replace("f.hit('poll'); f.hit('poll')", WAIT)
    environment = os.environ | {"DRIFTMILL_FAILPOINT": "committing:1:kill", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
