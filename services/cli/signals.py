"""Ctrl-C and SIGTERM: both interrupt, but not while things are being stopped."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, SIGTERM raises KeyboardInterrupt as Ctrl-C does."""
    with _handled(signal.default_int_handler):
        yield


@contextmanager
def noticed() -> Iterator[threading.Event]:
    """Within, both only set the event that is given."""
    event = threading.Event()
    with _handled(lambda _number, _frame: event.set()):
        yield event


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within, neither interrupts, so that nothing is left behind by half a stop."""
    with _handled(signal.SIG_IGN):
        yield


@contextmanager
def _handled(handler: "signal._HANDLER") -> Iterator[None]:
    previous = {number: signal.signal(number, handler) for number in _NUMBERS}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
