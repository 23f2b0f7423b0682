"""Wires the training service."""

import logging
import math
import threading
from functools import partial
from typing import Any

from services.chassis.context import Context
from services.chassis.loop import Loop
from services.chassis.reading import TopicReader
from services.chassis.runner import Runnable, ServiceRunner
from services.chassis.stage import Stage
from services.training.adapters.champion import Champions
from services.training.adapters.exporter import Exporter
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
        exporter = self._exporter()
        try:
            Loop(self._context, [Stage("training", step)]).run(stop)
        finally:
            if exporter is not None:
                exporter.close()
            workshop.close()
            if yardsticks is not None:
                yardsticks.close()
            champions.close()

    def _yardsticks(self) -> ProcessYardsticks | None:
        if not self._context.pipeline.monitor.yardsticks:
            return None
        folder = self._settings.state_dir.resolve() / self._settings.pipeline / "yardsticks"
        limits = Limits(math.inf, self._settings.run_memory_mb)
        follow = partial(TopicReader, self._settings, self._context.codec, "datasets")
        return ProcessYardsticks(folder, limits, self._job(), follow)

    def _exporter(self) -> Exporter | None:
        address = self._settings.mlflow_tracking_uri
        if not address.startswith(("http://", "https://")):
            if address:
                log.warning("runs are not exported: MLFLOW_TRACKING_URI is no URL of a server")
            return None
        exporter = Exporter(self._settings, address)
        exporter.start()
        return exporter

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


def build(settings: TrainingSettings) -> Runnable:
    """The training service."""
    return ServiceRunner("training", settings, lambda context: Training(context, settings))
