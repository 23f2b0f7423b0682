"""Wires the training service."""

import logging
import math
import threading
from functools import partial
from typing import Any

from services.chassis.context import Context
from services.chassis.loop import Loop
from services.chassis.reading import FOLLOWED_MS, TopicReader
from services.chassis.runner import Runnable, ServiceRunner
from services.chassis.stage import Stage
from services.training.adapters.champion import Champions
from services.training.adapters.follower import Follower, Teller
from services.training.adapters.mlflow_exporter import MlflowExporter
from services.training.adapters.workshop import Limits, ProcessWorkshop
from services.training.adapters.yardsticks import ProcessYardsticks
from services.training.settings import TrainingSettings
from services.training.step import TrainingStep

log = logging.getLogger(__name__)


class Training:
    """The loop, and what must be closed after it."""

    def __init__(self, context: Context, settings: TrainingSettings) -> None:
        self._context, self._settings = context, settings

    def run(self, stop: threading.Event) -> None:
        """Work until stopped; an open run is begun anew by the next process."""
        champions = Champions(self._settings, self._context.codec)
        folder = self._settings.state_dir.resolve() / self._settings.pipeline / "runs"
        limits = Limits(self._settings.run_seconds, self._settings.run_memory_mb)
        workshop = ProcessWorkshop(folder, limits, self._job(), champions.described)
        yardsticks = self._yardsticks()
        step = TrainingStep(self._context.pipeline, champions.current, champions.challenger, workshop, yardsticks)
        followers = [Follower(self._settings, teller) for teller in self._tellers()]
        for follower in followers:
            follower.start()
        try:
            Loop(self._context, [Stage("training", step)]).run(stop)
        finally:
            for follower in followers:
                follower.close()
            workshop.close()
            if yardsticks is not None:
                yardsticks.close()
            champions.close()

    def _yardsticks(self) -> ProcessYardsticks | None:
        if not self._context.pipeline.monitor.yardsticks:
            return None
        folder = self._settings.state_dir.resolve() / self._settings.pipeline / "yardsticks"
        limits = Limits(math.inf, self._settings.run_memory_mb)
        follow = partial(TopicReader, self._settings, self._context.codec, "datasets", wait_ms=FOLLOWED_MS)
        return ProcessYardsticks(folder, limits, self._job(), follow)

    def _tellers(self) -> list[Teller]:
        told: list[Teller] = []
        if _is_server("MLFLOW_TRACKING_URI", self._settings.mlflow_tracking_uri):
            told.append(MlflowExporter(self._settings, self._settings.mlflow_tracking_uri))
        if _is_server("OPENLINEAGE_URL", self._settings.openlineage_url):
            told.append(self._lineage())
        return told

    def _lineage(self) -> Teller:
        from services.training.adapters.lineage_events import LineageEvents
        from services.training.adapters.openlineage import OpenLineage

        settings, pipeline = self._settings, self._context.pipeline
        events = LineageEvents(settings.openlineage_namespace, pipeline, settings.store_url, settings.bootstrap)
        url, endpoint = settings.openlineage_url, settings.openlineage_endpoint
        sent = settings.state_dir.resolve() / settings.pipeline / "lineage"
        return OpenLineage(url, endpoint, settings.openlineage_api_key.get_secret_value(), events, sent)

    def _job(self) -> dict[str, Any]:
        return {
            "texts": dict(self._context.pipeline.texts),
            "store": self._settings.store_url,
            "keys": str(self._settings.home.resolve() / "keys"),
            "nice": self._settings.run_nice,
            "seed": self._settings.run_seed,
            "workers": self._settings.run_workers,
            "cluster": self._settings.run_cluster,
            "image": self._settings.run_image,
        }


def _is_server(variable: str, address: str) -> bool:
    if address and not address.startswith(("http://", "https://")):
        log.warning("nothing is told to a server outside", extra={"why": f"{variable} is no URL of a server"})
        return False
    return bool(address)


def build(settings: TrainingSettings) -> Runnable:
    """The training service."""
    return ServiceRunner("training", settings, lambda context: Training(context, settings))
