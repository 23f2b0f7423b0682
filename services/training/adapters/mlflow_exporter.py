"""Exports each run that has finished to MLflow."""

import logging
from collections.abc import Iterator
from typing import Any

import orjson

from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.contracts.card import Form, card_key
from services.contracts.record import Record, Value
from services.contracts.release_name import ReleaseName
from services.training.adapters.follower import NotTaken
from services.training.adapters.mlflow import Mlflow
from services.training.domain.tracked import tracked

log = logging.getLogger(__name__)

_FORMS: tuple[Form, ...] = ("md", "html")


class MlflowExporter:
    """A Teller. A run that made a version is exported once the registry has published it, so that its card is there."""

    server = "MLflow"
    topics: tuple[str, ...] = ("runs", "models")

    def __init__(self, settings: ChassisSettings, address: str) -> None:
        self._settings, self._mlflow = settings, Mlflow(address)
        self._store = Store(settings.store_url)
        self._started: dict[str, Record] = {}
        self._finished: dict[str, Record] = {}
        self._published: dict[str, Value] = {}
        self._done = set[str]()

    def take(self, record: Record) -> None:
        """Remember it."""
        if record.kind == "driftmill.RunStarted":
            self._started[record.value["run_id"]] = record
        elif record.kind == "driftmill.RunFinished":
            self._finished[record.value["run_id"]] = record
        elif record.kind == "driftmill.ModelPublished" and record.raw_value is not None:
            self._published[record.value["version"]] = record.value

    def tell(self) -> None:
        """Export what is there whole."""
        for run_id in list(self._ready()):
            self._export(run_id)

    def _ready(self) -> Iterator[str]:
        for run_id, record in self._finished.items():
            version = record.value["version"]
            is_there = version is None or version in self._published
            if run_id not in self._done and run_id in self._started and is_there:
                yield run_id

    def _export(self, run_id: str) -> None:
        """1. the run is found, or made; 2. it is filled; 3. it is ended. One that was ended is left alone."""
        try:
            self._told(self._started[run_id], self._finished[run_id])
        except NotTaken as error:
            log.error("run not exported", extra={"run": run_id, "why": str(error)})
        self._done.add(run_id)

    def _told(self, started: Record, finished: Record) -> None:
        version, report = finished.value["version"], finished.value["report"]
        is_model = version is not None and not ReleaseName.of(version).is_refreshed
        view = self._published[version] if is_model else None
        manifest = None if view is None else orjson.loads(view["manifest"])
        run = tracked(started.value, finished.value, orjson.loads(report or b"{}"), manifest)
        began, ended = started.timestamp // 1000, finished.timestamp // 1000
        known = self._mlflow.run(self._mlflow.experiment(self._settings.pipeline), run, began)
        if not known.is_open:
            return
        self._mlflow.log(known.key, run, ended)
        self._mlflow.put(known, "report.json", report)
        for name, content in self._files(view):
            self._mlflow.put(known, name, content)
        self._mlflow.finish(known.key, run.failed, ended)
        log.info("run exported", extra={"run": run.run_id, "mlflow_run": known.key})

    def _files(self, view: Any) -> Iterator[tuple[str, bytes]]:
        """Manifest, model and card of a version; a file that isn't there any more is left out."""
        if view is None:
            return
        yield "manifest.json", view["manifest"]
        places = {"model.onnx": view["model_uri"]}
        places |= {
            f"card.{form}": card_key(view["model_uri"], view["version"], view["manifest"], form) for form in _FORMS
        }
        for name, place in places.items():
            try:
                yield name, self._store.get(place)
            except FileNotFoundError:
                continue
