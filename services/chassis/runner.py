"""Starts a service: settings, logs, health, pipeline, codec, then its work, until a signal ends it."""

import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from services.chassis import failpoint, logs
from services.chassis.configs import applied_pipeline, codec_for
from services.chassis.context import Context
from services.chassis.errors import Stop, TransientError
from services.chassis.health import Health, HealthServer
from services.chassis.loop import Loop
from services.chassis.metrics import Metrics
from services.chassis.settings import ChassisSettings
from services.chassis.stage import Stage
from services.chassis.store import Store
from services.chassis.topic_admin import check_topics, cluster_id
from services.contracts.topics import JOINED, service_of, topics_of

log = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5
_COLLECTOR_OBJECTS = 100_000


class Runnable(Protocol):
    """A wired service."""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises Stop when going on is impossible."""
        ...


@dataclass
class ServiceRunner:
    """Waits for Kafka, the registry, the topics and the applied pipeline, then runs what `make` builds.

    service: its name, or that of one of its stages, several joined by +. make: from the context to something that runs
    until the context's stop event is set.
    """

    service: str
    settings: ChassisSettings
    make: Callable[[Context], Runnable]
    health: Health = field(default_factory=Health)

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set."""
        metrics = Metrics(self.service, self.settings.pipeline)
        server = HealthServer(self.settings.http_host, self.settings.http_port, self.health, metrics.registry)
        log.info("started", extra={"port": server.port, "ordinal": self.settings.ordinal})
        try:
            made = self._made(metrics, stop)
            if made is not None:
                _spare_collector()
                made.run(stop)
            log.info("stopped")
        finally:
            server.close()

    def _made(self, metrics: Metrics, stop: threading.Event) -> Runnable | None:
        while not stop.is_set():
            self.health.tick()
            try:
                return self.make(self._context(metrics, stop))
            except TransientError as error:
                if self.health.waiting(str(error)):
                    log.warning("waiting", extra={"why": str(error)})
                stop.wait(_RETRY_SECONDS)
        return None

    def _context(self, metrics: Metrics, stop: threading.Event) -> Context:
        check_topics(self.settings)
        pipeline = applied_pipeline(self.settings)
        stages = pipeline.resolved.stages
        check_topics(self.settings, stages)
        codec = codec_for(self.settings, pipeline)
        for service in map(service_of, self.service.split(JOINED)):
            for topic in topics_of(stages):
                if service in topic.writer or topic.name == f"deadletters.{service}":
                    codec.register(topic.name)
        return Context(
            self.settings,
            pipeline,
            codec,
            Store(self.settings.store_url),
            cluster_id(self.settings),
            self.health,
            metrics,
            stop,
        )


def _spare_collector() -> None:
    """Let the collector of cycles leave the long-lived alone, and wait for more than what some batches make.

    Records make none, and die by reference counts; looking through those that wait took two thirds of a loop's time.
    What the start has left is not looked for: it is little, and a tenth of the start's time.
    """
    gc.freeze()
    gc.set_threshold(_COLLECTOR_OBJECTS)


def on_loop(service: str, settings: ChassisSettings, *makes: Callable[[Context], Stage]) -> ServiceRunner:
    """A service that is nothing but a stage on the loop, or several of them."""
    return ServiceRunner(service, settings, lambda context: Loop(context, [make(context) for make in makes]))


S = TypeVar("S", bound=ChassisSettings)
_FROM_ENVIRONMENT: dict[str, Any] = {}


def main(
    service: str, settings_of: type[S], build: Callable[[S], Runnable], named: Callable[[S], str] | None = None
) -> int:
    """Entry of a service process; returns its exit code. named: what its logs call it, if not the service's name."""
    try:
        settings = settings_of(**_FROM_ENVIRONMENT)
    except ValidationError as error:
        sys.stderr.write(f"{service}: {_wrong_settings(error)}\n")
        return 2
    logs.configure(named(settings) if named else service, settings.log_level)
    failpoint.arm(failpoint.Faults())
    with _stop_on_signals() as stop:
        try:
            build(settings).run(stop)
        except Stop as error:
            log.error(str(error))
            return error.exit_code
        except Exception:
            log.exception("stopped by an unexpected error")
            return 1
    return 0


def _wrong_settings(error: ValidationError) -> str:
    wrong = [f"DRIFTMILL_{str(one['loc'][0]).upper()}: {one['msg'].lower()}" for one in error.errors()]
    return "; ".join(wrong) + ". Set the environment variable, or use `driftmill run`."


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    yield stop
