"""Each program and command loads what it needs itself: tests fork theirs from a process that has loaded everything."""

import subprocess
import sys

from tests.platform import ROOT

STARTED = 'if __name__ == "__main__":'
ALONE = """
import sys
from importlib import import_module

for program in sys.argv[1:]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "services"]:
        del sys.modules[name]
    import_module(program)
"""


def programs() -> list[str]:
    """Modules that are started, and those of the commands, of which each is loaded alone."""
    services, commands = ROOT / "services", ROOT / "services" / "cli" / "commands"
    paths = [path for path in services.rglob("*.py") if path.parent == commands or STARTED in path.read_text()]
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)


def test_each_program_loads_what_it_needs() -> None:
    found = programs()
    assert {"services.lake.__main__", "services.training.work", "services.cli.commands.trace"} <= {*found}
    done = subprocess.run([sys.executable, "-c", ALONE, *found], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
