"""What scoring costs by model version, measured beside the flow: no answer of this service knows of it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from services.chassis import clock
from services.contracts.record import Output

EVERY_SECONDS = 10.0


@dataclass(slots=True)
class Spent:
    """rows scored in so many calls; milliseconds of processor time, and of the call whose rows took longest, a row."""

    rows: int = 0
    calls: int = 0
    milliseconds: float = 0.0
    slowest: float = 0.0

    def add(self, rows: int, milliseconds: float) -> None:
        """One more call."""
        self.rows += rows
        self.calls += 1
        self.milliseconds += milliseconds
        self.slowest = max(self.slowest, milliseconds / rows)


class Meter:
    """Sums since they were last taken. Scored in one thread, taken in another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[str, Spent] = {}

    @contextmanager
    def scoring(self, version: str, rows: int) -> Iterator[None]:
        """Counts what the calling thread takes to score rows."""
        started = clock.thread_seconds()
        yield
        took = (clock.thread_seconds() - started) * 1e3
        if rows:
            with self._lock:
                self._spent.setdefault(version, Spent()).add(rows, took)

    def taken(self) -> Mapping[str, Spent]:
        """The sums by version; they begin anew."""
        with self._lock:
            found, self._spent = self._spent, {}
        return found


def costs(process: str, spent: Mapping[str, Spent]) -> Iterator[Output]:
    """As records of `costs`."""
    for version, sums in sorted(spent.items()):
        value: dict[str, Any] = {"process": process, "version": version, **asdict(sums)}
        yield Output("costs", process, "driftmill.ServingMeasured", value)


def tell(meter: Meter, process: str, write: Callable[[Output], None], stop: threading.Event) -> None:
    """Tell the sums from time to time until stopped, and once more; for a thread of its own."""
    while True:
        is_over = stop.wait(EVERY_SECONDS)
        for output in costs(process, meter.taken()):
            write(output)
        if is_over:
            return
