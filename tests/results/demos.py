"""Demos played as a user plays them: `scripts/demo … --json` in a process of its own, one at a time."""

import os
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Any

import orjson

ROOT = Path(__file__).parents[2]
Summary = dict[str, Any]
_LIMIT_SECONDS = 5400
VERDICT = ("events", "answered", "quarantined", "outcomes", "released", "refused", "moves", "periods", "difference")
"""What must not depend on the machine: versions, verdicts with their numbers, quality."""


def play(*arguments: str, cores: int | None = None) -> dict[str, object]:
    """Play a demo: its command as a user types it, exit code, seconds and summary.

    cores: how many it may use (Linux), all if None. RuntimeError with its last words if it comes to no summary.
    """
    began = monotonic()
    command = ["taskset", "--cpu-list", ",".join(map(str, range(cores)))] if cores else []
    done = subprocess.run(
        [*command, str(ROOT / "scripts" / "demo"), *arguments, "--json"],
        capture_output=True,
        timeout=_LIMIT_SECONDS,
        env=dict(os.environ) | {"DRIFTMILL_PYTHON": sys.executable},
        check=False,
    )
    if not done.stdout.strip():
        raise RuntimeError(f"demo {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return {
        "command": " ".join(["./scripts/demo", *(Path(a).name if os.sep in a else a for a in arguments)]),
        "exit_code": done.returncode,
        "seconds": round(monotonic() - began),
        "summary": orjson.loads(done.stdout),
    }


def differences(one: Summary, other: Summary) -> list[str]:
    """Names of the parts of the verdict in which two demos differ."""
    return [name for name in VERDICT if one[name] != other[name]]
