"""The only place that reads clocks."""

import time


def now_us() -> int:
    """Wall time in microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


def monotonic() -> float:
    """Seconds of a clock that never goes back."""
    return time.monotonic()


def thread_seconds() -> float:
    """CPU time of the calling thread, in seconds."""
    return time.thread_time()


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)
