"""A program ends with its code once all is written, whatever libraries still hold."""

import subprocess
import sys

PROGRAM = """
import atexit, sys
from services.chassis.ending import end
atexit.register(lambda: sys.stdout.write("taken apart"))
sys.stdout.write("told")
end(3)
"""


def test_all_is_written_and_nothing_is_taken_apart() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "told", "")
