"""Follows the runs, and exports each that has finished to MLflow, beside the work of training and never in its way."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

import orjson

from services.chassis.configs import bare_codec
from services.chassis.errors import TransientError
from services.chassis.reading import FOLLOWED_MS, TopicReader
from services.chassis.settings import ChassisSettings
from services.chassis.store import STORE_ERRORS, Store
from services.contracts.card import Form, card_key
from services.contracts.record import Record, Value
from services.contracts.release_name import ReleaseName
from services.training.adapters.mlflow import Mlflow, NotTaken
from services.training.domain.tracked import tracked

log = logging.getLogger(__name__)

_LOOK_SECONDS, _MOST_SECONDS = 2.0, 60.0
_LEAVE_SECONDS = 2.0
_FORMS: tuple[Form, ...] = ("md", "html")


class Exporter:
    """A thread that exports runs until it is closed.

    A run that made a version is exported once the registry has published it, so that its card is there.
    """

    def __init__(self, settings: ChassisSettings, address: str) -> None:
        self._settings, self._mlflow = settings, Mlflow(address)
        self._store = Store(settings.store_url)
        self._started: dict[str, Record] = {}
        self._finished: dict[str, Record] = {}
        self._published: dict[str, Value] = {}
        self._done = set[str]()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mlflow", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; a run that is being exported is found again by the next process."""
        self._stop.set()
        self._thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        codec = bare_codec(self._settings)
        readers = [TopicReader(self._settings, codec, topic, wait_ms=FOLLOWED_MS) for topic in ("runs", "models")]
        try:
            self._follow(readers)
        except Exception:
            log.exception("runs are no longer exported")
        finally:
            for reader in readers:
                reader.close()

    def _follow(self, readers: list[TopicReader]) -> None:
        pause, told = _LOOK_SECONDS, ""
        while not self._stop.wait(pause):
            try:
                for record in (record for reader in readers for record in reader.to_end()):
                    self._take(record)
                for run_id in list(self._ready()):
                    self._export(run_id)
                pause, told = _LOOK_SECONDS, ""
            except (TransientError, *STORE_ERRORS) as error:
                pause = min(2 * pause, _MOST_SECONDS)
                if told != str(error):
                    told = str(error)
                    log.warning("runs wait for MLflow", extra={"why": told})

    def _take(self, record: Record) -> None:
        if record.kind == "driftmill.RunStarted":
            self._started[record.value["run_id"]] = record
        elif record.kind == "driftmill.RunFinished":
            self._finished[record.value["run_id"]] = record
        elif record.kind == "driftmill.ModelPublished" and record.raw_value is not None:
            self._published[record.value["version"]] = record.value

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
