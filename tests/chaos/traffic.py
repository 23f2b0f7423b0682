"""Orders and returns that keep coming while faults happen, never far ahead of the services."""

import threading
from collections.abc import Iterator, Sequence
from functools import partial

from confluent_kafka import Producer

from services.chassis import client
from services.chassis.errors import TransientError
from services.chassis.progress import Progress
from tests.e2e.stream import TICK, Raw
from tests.eventually import eventually
from tests.platform import Platform

_SLICE = 20
_AHEAD = 3_000
"""Records that may lie before validation; more are held back, so that a fault never meets an empty or a full pipe."""
_LOOK_EVERY = 10
_FLUSH_SECONDS = 120.0


class Traffic:
    """Publishes a stream at some records a second, in a thread of its own, until it is stopped or at its end.

    end: a time after everything.
    """

    def __init__(self, platform: Platform, raws: Sequence[Raw], end: int, rate: float) -> None:
        self._platform, self._raws, self._end, self._pause = platform, raws, end, _SLICE / rate
        self._producer = Producer(client.idempotent_producer(platform.settings, "traffic"))
        self._progress = Progress(platform.settings, platform.pipeline.resolved.stages)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self.sent = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def sent_records(self) -> Sequence[Raw]:
        """What came of the stream so far, about."""
        return self._raws[: self.sent]

    @property
    def now(self) -> int:
        """The time that the stream has come to, about; in microseconds."""
        return self._raws[max(min(self.sent, len(self._raws)) - 1, 0)].arrives

    @property
    def is_over(self) -> bool:
        """Whether the stream is at its end."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Publish no more of the stream."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def finish(self) -> None:
        """As `stop`, and publish that time has passed and nothing is to be waited for."""
        self.stop()
        partitions, end = range(self._platform.settings.partitions), self._end
        for topic, time in (("events.raw", end), ("labels", end + 1)):
            self.publish([Raw(topic, "", TICK, {"time": time}, time, time, number) for number in partitions])
        left = self._producer.flush(_FLUSH_SECONDS)
        assert left == 0, f"Kafka did not take {left} records"
        self._progress.close()

    def publish(self, raws: Sequence[Raw]) -> None:
        """Hand records over to the client; Kafka and the registry may be away for a while."""
        settings = self._platform.settings
        for raw in raws:
            data = eventually(partial(self._platform.codec.encode, raw.topic, raw.kind, raw.value), _FLUSH_SECONDS)
            place = raw.place(settings.partitions)
            self._producer.produce(settings.topic(raw.topic), key=raw.key.encode(), value=data, partition=place)
        self._producer.poll(0)
        self.sent += len(raws)

    def _run(self) -> None:
        for turn, raws in enumerate(_slices(self._raws)):
            while turn % _LOOK_EVERY == 0 and self._is_ahead() and not self._stop.wait(0.1):
                pass
            if self._stop.wait(self._pause):
                return
            self.publish(raws)

    def _is_ahead(self) -> bool:
        try:
            taken = sum(offset for offset, _ in self._progress.committed("validation").values())
        except TransientError:
            return True
        return self.sent - taken > _AHEAD


def _slices(raws: Sequence[Raw]) -> Iterator[Sequence[Raw]]:
    for start in range(0, len(raws), _SLICE):
        yield raws[start : start + _SLICE]
