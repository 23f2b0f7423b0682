"""A server that takes events of OpenLineage over HTTP, such as Marquez: told of every run and release, once."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import orjson
import requests
from openlineage.client.event_v2 import RunEvent
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport, TokenProvider

from services.chassis.errors import TransientError
from services.contracts.record import Record, Value
from services.training.adapters.follower import NotTaken, refused
from services.training.adapters.lineage_events import LineageEvents

log = logging.getLogger(__name__)

_CANDIDATE, _MOVED = "driftmill.CandidateProposed", "driftmill.ModelMoved"
_STARTED, _FINISHED = "driftmill.RunStarted", "driftmill.RunFinished"
_BEGINNING = ("candidate", "retired")
"""States of a version from which a move is the first of a release, unless it is the end of one."""
_SECONDS = 10.0


class OpenLineage:
    """A Teller. sent: folder with a file for each server of the events that it has taken, so that none is repeated."""

    server = "OpenLineage"
    topics: tuple[str, ...] = ("runs", "candidates", "models.history")

    def __init__(self, url: str, endpoint: str, api_key: str, events: LineageEvents, sent: Path) -> None:
        auth = ApiKeyTokenProvider({"apiKey": api_key}) if api_key else TokenProvider({})
        self._transport = HttpTransport(HttpConfig(url, endpoint, _SECONDS, auth=auth, retry={"total": 0}))
        self._events, self._file = events, sent / hashlib.sha256(f"{url} {endpoint}".encode()).hexdigest()[:16]
        self._sent = set(self._file.read_text().splitlines()) if self._file.exists() else set[str]()
        self._untold: dict[tuple[str, int], Record] = {}
        self._started: dict[str, Record] = {}
        self._candidates: dict[str, Value] = {}
        self._begun: dict[str, int] = {}

    def take(self, record: Record) -> None:
        """Remember it."""
        if record.kind == _CANDIDATE:
            self._candidates[record.value["version"]] = record.value
        elif record.kind in (_STARTED, _FINISHED, _MOVED):
            self._untold[(record.topic, record.offset)] = record

    def tell(self) -> None:
        """Send the events of all records; one of a run that made a version waits until what it offers is there."""
        for place, record in list(self._untold.items()):
            offered = record.value["version"] if record.kind == _FINISHED else None
            if offered is None or offered in self._candidates:
                for event in self._of(record):
                    self._send(event)
                self._forget(record)
                del self._untold[place]

    def _of(self, record: Record) -> Iterator[RunEvent]:
        value = record.value
        if record.kind == _STARTED:
            self._started[value["run_id"]] = record
            yield self._events.of_start(record)
        elif record.kind == _FINISHED:
            offered = self._candidates.get(value["version"] or "")
            manifest = None if offered is None else orjson.loads(offered["manifest"])
            yield self._events.of_end(self._started.get(value["run_id"]), record, manifest)
        else:
            if value["from_state"] in _BEGINNING:
                self._begun[value["version"]] = record.offset
            yield from self._events.of_move(record, self._begun[value["version"]])

    def _forget(self, record: Record) -> None:
        if record.kind == _FINISHED:
            self._started.pop(record.value["run_id"], None)
            self._candidates.pop(record.value["version"] or "", None)

    def _send(self, event: RunEvent) -> None:
        assert event.eventType is not None
        key = f"{event.run.runId} {event.eventType.value}"
        if key in self._sent:
            return
        try:
            self._post(event)
        except NotTaken as error:
            log.error("event of lineage not taken", extra={"event": key, "job": event.job.name, "why": str(error)})
            self._sent.add(key)
            return
        self._sent.add(key)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as file:
            file.write(f"{key}\n")
        log.info("event of lineage sent", extra={"event": key, "job": event.job.name})

    def _post(self, event: RunEvent) -> None:
        try:
            self._transport.emit(event)
        except requests.HTTPError as error:
            answer = error.response
            assert answer is not None
            raise refused(self.server, answer.status_code, answer.text[:500].strip()) from error
        except requests.RequestException as error:
            raise TransientError(f"OpenLineage can't be reached: {error}") from error
