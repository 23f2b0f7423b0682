"""What a newcomer does: a clone in an empty directory and both commands; then a second start without a network."""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.results.demos import ROOT

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_UNREACHABLE = dict.fromkeys(_PROXIES, "http://127.0.0.1:9")
_STEPS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("`./scripts/demo`, first start, downloads included", "./scripts/demo", {}),
    ("`./scripts/demo`, second start, no network", "./scripts/demo", _UNREACHABLE),
    ("`./scripts/test`", "./scripts/test", {}),
)


def start() -> dict[str, object]:
    """Command, exit code, seconds and closing words of each step."""
    with TemporaryDirectory(prefix="driftmill new ") as directory:
        clone = Path(directory) / "driftmill"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        return {"steps": [_step(clone, *step) for step in _STEPS]}


def _step(clone: Path, name: str, command: str, extra: dict[str, str]) -> list[object]:
    began = monotonic()
    data = {"DRIFTMILL_TEST_DATA": os.environ.get("DRIFTMILL_TEST_DATA") or str(ROOT.parent / "shared" / "data")}
    done = subprocess.run(
        [command], cwd=clone, env=dict(os.environ) | data | extra, capture_output=True, text=True, check=False
    )
    lines = done.stdout.strip().splitlines()
    told = [line for line in lines if "the first answer after" in line or " passed in " in line] or lines[-1:]
    return [name, done.returncode, round(monotonic() - began), told[-1].strip("= ") if told else ""]
