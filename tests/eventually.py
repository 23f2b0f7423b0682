"""Waiting on a condition with a limit, instead of sleeping."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Protocol, TypeVar

import pytest

from services.chassis.errors import TransientError

Value = TypeVar("Value")

_POLL_SECONDS = 0.02


class Eventually(Protocol):
    """The type of the fixture `eventually`."""

    def __call__(self, condition: Callable[[], Value], within: float = 10.0) -> Value: ...


def eventually(condition: Callable[[], Value], within: float = 10.0) -> Value:
    """Asks until `condition()` is truthy and returns its value; fails the test after `within` seconds.

    A TransientError is no answer yet.
    """
    deadline, pause = monotonic() + within, threading.Event()
    while not (value := _answer(condition)) or isinstance(value, TransientError):
        if monotonic() >= deadline:
            name = getattr(condition, "__name__", condition)
            pytest.fail(f"not true within {within:g} s: {name}; last value {value!r}")
        pause.wait(_POLL_SECONDS)
    return value


def _answer(condition: Callable[[], Value]) -> Value | TransientError:
    try:
        return condition()
    except TransientError as error:
        return error
