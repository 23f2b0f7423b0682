"""The demo as a process, and what it leaves behind."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil


def demo(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The demo on a home, with neither a terminal nor a proxy that lives."""
    home.mkdir()
    return started(home, {"DRIFTMILL_HOME": str(home)}, "services.cli.demo", *arguments)


def started(here: Path, exported: Mapping[str, str], module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A module as a process, without a broker of the environment and with a proxy that is dead."""
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


def left(home: Path) -> list[psutil.Process]:
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
