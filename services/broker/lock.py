"""A lock between processes that ends with its holder, whatever way that one ends."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from services.broker.errors import Busy

_POLL_SECONDS = 0.05


@contextmanager
def locked(path: Path, within: float) -> Iterator[None]:
    """Holds the lock file `path`, made if absent. Raises Busy when another process holds it longer than `within` s."""
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = monotonic() + within
    pause = threading.Event()
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if monotonic() >= deadline:
                    raise Busy(str(path), within) from None
                pause.wait(_POLL_SECONDS)
        yield
