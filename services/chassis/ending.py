"""The end of a program: its work is done, or there is nobody left to work for."""

import logging
import os
import sys
import threading
from typing import NoReturn


def end(code: int) -> NoReturn:
    """Leave with this exit code, all being written, without taking apart what libraries hold.

    A process that ends right after Arrow has read with its threads is aborted now and then while they are taken apart.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def end_with_parent() -> None:
    """Leave as soon as the process that started this one has ended, however it did: it holds our standard input."""
    threading.Thread(target=_end_with_input, daemon=True).start()


def _end_with_input() -> None:
    """Not read by `sys.stdin`: its lock, held by this thread, would abort the process when it ends."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)
