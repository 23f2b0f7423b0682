"""Measures a running process from outside: how fast a topic grows, and what that costs in CPU time."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import psutil
from confluent_kafka import Consumer

from services.chassis import client, clock
from services.chassis.bounds import bounds
from services.chassis.settings import ChassisSettings
from tests.eventually import eventually
from tests.programs import Program


@dataclass(frozen=True)
class Rate:
    """What one run did. per_second: records written. cpu_us: CPU time of the whole process for one, microseconds."""

    per_second: float
    cpu_us: float

    def __str__(self) -> str:
        return f"{self.per_second:,.0f}/s {self.cpu_us:.1f} µs"

    @staticmethod
    def median(rates: Sequence["Rate"]) -> "Rate":
        """Of each figure by itself."""
        return Rate(
            statistics.median(rate.per_second for rate in rates), statistics.median(rate.cpu_us for rate in rates)
        )


class Sample(NamedTuple):
    """A look. seconds: of CPU time of all processes."""

    records: int
    wall: float
    seconds: float


class Ends:
    """How many records a topic holds, transaction markers and uncommitted ones included."""

    def __init__(self, settings: ChassisSettings, topic: str) -> None:
        self._consumer = Consumer(client.plain_consumer(settings))
        self._topic, self._partitions = topic, settings.partitions

    def total(self) -> int:
        """Now."""
        return sum(bounds(self._consumer, self._topic, number)[1] for number in range(self._partitions))

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


def middle(records: int) -> tuple[int, int]:
    """Neither the start of a process nor the end of its work counts."""
    return int(records * 0.15), int(records * 0.95)


def rate_of(children: Sequence[Program], settings: ChassisSettings, topic: str, within: tuple[int, int]) -> Rate:
    """The rate at which processes fill a topic from one size to another. AssertionError if one ends."""
    processes, ends = [psutil.Process(child.pid) for child in children], Ends(settings, topic)
    samples: list[Sample] = []

    def far_enough() -> bool:
        for child in children:
            assert child.poll() is None, f"process {child.pid} ended with {child.poll()}"
        samples.append(Sample(ends.total(), clock.monotonic(), sum(map(seconds_of, processes))))
        return samples[-1].records >= within[1]

    try:
        eventually(far_enough, within=300.0)
    finally:
        ends.close()
    first = next(sample for sample in samples if sample.records >= within[0])
    done, wall = samples[-1].records - first.records, samples[-1].wall - first.wall
    return Rate(done / wall, (samples[-1].seconds - first.seconds) / done * 1e6)


def seconds_of(process: psutil.Process) -> float:
    """CPU time of a process so far."""
    times = process.cpu_times()
    return float(times.user + times.system)
