"""How a topic grows: when the next committed record came after something happened."""

import threading
from time import monotonic

from services.chassis.errors import TransientError
from services.chassis.progress import Progress
from tests.platform import Platform

_EVERY = 0.1


class Pulse:
    """Looks at the end of a topic ten times a second. `grown`: when it was seen to have grown, and to what."""

    def __init__(self, platform: Platform, topic: str) -> None:
        self._progress, self._topic = Progress(platform.settings, platform.pipeline.resolved.stages), topic
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pulse", daemon=True)
        self.grown: list[tuple[float, int]] = []
        self._thread.start()

    @property
    def size(self) -> int:
        """The end as last seen, all partitions together."""
        return self.grown[-1][1] if self.grown else 0

    def recovery(self, since: float) -> float | None:
        """Seconds from a moment to the first growth after it, None if there was none."""
        return next((round(at - since, 2) for at, _ in self.grown if at > since), None)

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()
        self._progress.close()

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            try:
                size = sum(self._progress.ends([self._topic]).values())
            except TransientError:
                continue
            if size > self.size:
                self.grown.append((monotonic(), size))
