"""A home of the demo's own, so that several at once don't disturb each other."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "demo.lock"
KEPT = "kept"
"""A file in a home that is to stay when its demo has ended."""


@contextmanager
def own_home(parent: Path) -> Iterator[Path]:
    """The first `demo-<n>` under `parent` that no running or kept demo holds, emptied; held until the end."""
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while (lock := _take(parent / f"demo-{number}")) is None:
        number += 1
    home = parent / f"demo-{number}"
    try:
        _empty(home)
        yield home
    finally:
        os.close(lock)


def remove(home: Path) -> None:
    """Delete what a demo left; its lock stays, so that nobody takes the place in between."""
    _empty(home)


def _take(home: Path) -> int | None:
    if (home / KEPT).exists():
        return None
    home.mkdir(exist_ok=True)
    lock = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _empty(home: Path) -> None:
    for path in home.iterdir():
        if path.name == _LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
