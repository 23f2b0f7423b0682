"""What every page of measurements says: where and on which code, and its tables."""

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence

import psutil

from tests.results.demos import ROOT


def machine() -> str:
    """Cores, memory, system and interpreter."""
    memory = psutil.virtual_memory().total / 2**30
    python, where = platform.python_version(), f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {where}, CPython {python}"


def commit() -> str:
    """The commit that is checked out."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "/")
