"""A loop in a thread of the test, so that it can be watched, disturbed and started anew at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from services.chassis.context import Context
from services.chassis.health import Health
from services.chassis.loop import Loop
from services.chassis.metrics import Metrics
from services.chassis.stage import Stage
from services.chassis.step import Step
from services.chassis.store import Store
from services.chassis.topic_admin import cluster_id
from tests.platform import Platform


def context_of(platform: Platform, service: str) -> Context:
    """What a process of a service would have."""
    settings = platform.settings
    return Context(
        settings,
        platform.pipeline,
        platform.codec,
        Store(settings.store_url),
        cluster_id(settings),
        Health(),
        Metrics(service, settings.pipeline),
        threading.Event(),
    )


class LoopThread:
    """A running loop over a step, and further stages fed by it. `error` is what ended it, if anything did."""

    def __init__(self, platform: Platform, service: str, step: Step[Any, Any], *further: Stage) -> None:
        self.context = context_of(platform, service)
        self.loop = Loop(self.context, [Stage(service, step), *further])
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self.loop.run(self.context.stop)
        except BaseException as error:
            self.error = error

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self, within: float = 60.0) -> BaseException | None:
        """Wait until it has ended by itself."""
        self._thread.join(within)
        assert not self._thread.is_alive()
        return self.error


@contextmanager
def looping(platform: Platform, service: str, step: Step[Any, Any], *further: Stage) -> Iterator[LoopThread]:
    """A loop for a while; what ended it before is raised."""
    running = LoopThread(platform, service, step, *further)
    running.start()
    try:
        yield running
    finally:
        running.context.stop.set()
        error = running.end()
    if error is not None:
        raise error


def refusal(platform: Platform, service: str, step: Step[Any, Any], *further: Stage) -> str:
    """Why a loop does not go to work."""
    running = LoopThread(platform, service, step, *further)
    running.start()
    error = running.end()
    assert error is not None
    return f"{type(error).__name__}: {error}"
