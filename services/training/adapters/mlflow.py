"""An MLflow server, by its REST API (https://mlflow.org/docs/latest/rest-api.html): what a finished run needs of it.

The client library would bring some 40 packages with it.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

import orjson

from services.chassis.errors import TransientError
from services.chassis.store import STORE_ERRORS, Store
from services.training.adapters.follower import NotTaken, refused
from services.training.domain.tracked import Measure, Tracked

RUN_TAG = "driftmill.run"
"""Names the run in MLflow, so that a repeat finds it."""

_OPEN = "RUNNING"
_TAKES = {"params": 100, "tags": 100, "metrics": 1_000}
_TEXT = 5_000
_PROXIED = "mlflow-artifacts"


@dataclass(frozen=True, slots=True)
class Known:
    """A run in MLflow. artifacts: where its files go."""

    key: str
    is_open: bool
    artifacts: str


class Mlflow:
    """A server. Raises TransientError where it can't be reached or isn't well, NotTaken for what it refuses."""

    def __init__(self, address: str, seconds: float = 10.0) -> None:
        parts = urlsplit(address.rstrip("/"))
        host = parts.netloc.rpartition("@")[2]
        self._address, self._seconds = urlunsplit((parts.scheme, host, parts.path, "", "")), seconds
        words = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        given = {"Authorization": f"Basic {base64.b64encode(words.encode()).decode()}"} if parts.username else {}
        self._headers = {"Content-Type": "application/json", **given}

    def experiment(self, name: str) -> str:
        """Id of the experiment with a name, made if need be."""
        try:
            found = self._ask("GET", f"experiments/get-by-name?experiment_name={quote(name, safe='')}")
            return str(found["experiment"]["experiment_id"])
        except NotTaken:
            return str(self._ask("POST", "experiments/create", {"name": name})["experiment_id"])

    def run(self, experiment: str, run: Tracked, began: int) -> Known:
        """The run in MLflow, made if need be. began: milliseconds."""
        asked = {"experiment_ids": [experiment], "filter": f"tags.`{RUN_TAG}` = '{run.run_id}'", "max_results": 1}
        if found := self._ask("POST", "runs/search", asked).get("runs"):
            return _known(found[0])
        tags = [{"key": RUN_TAG, "value": run.run_id}]
        wanted = {"experiment_id": experiment, "run_name": run.name, "start_time": began, "tags": tags}
        return _known(self._ask("POST", "runs/create", wanted)["run"])

    def log(self, key: str, run: Tracked, at: int) -> None:
        """Write parameters, tags and measures; what is there already isn't doubled. at: milliseconds."""
        for kind, batch in _batches(run, at):
            self._ask("POST", "runs/log-batch", {"run_id": key, kind: batch})

    def put(self, known: Known, name: str, content: bytes) -> None:
        """Write a file of a run; one that is there is replaced."""
        parts = urlsplit(known.artifacts)
        if parts.scheme == _PROXIED:
            path = f"{parts.path.strip('/')}/{name}"
            self._send("PUT", f"api/2.0/mlflow-artifacts/artifacts/{quote(path)}", content)
            return
        try:
            Store(known.artifacts if parts.scheme else f"file://{known.artifacts}").put(name, content)
        except STORE_ERRORS as error:
            raise TransientError(f"{name} can't be written to {known.artifacts}: {error}") from error

    def finish(self, key: str, failed: bool, at: int) -> None:
        """Say that a run has ended. at: milliseconds."""
        status = "FAILED" if failed else "FINISHED"
        self._ask("POST", "runs/update", {"run_id": key, "status": status, "end_time": at})

    def _ask(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        body = None if content is None else orjson.dumps(content)
        return orjson.loads(self._send(method, f"api/2.0/mlflow/{path}", body) or b"{}")

    def _send(self, method: str, path: str, body: bytes | None) -> bytes:
        asked = Request(f"{self._address}/{path}", body, self._headers, method=method)
        try:
            with urlopen(asked, timeout=self._seconds) as answer:
                content: bytes = answer.read()
                return content
        except HTTPError as error:
            told = error.read(500).decode(errors="replace").strip()
            raise refused("MLflow", error.code, f"to {path}: {told}") from error
        except (URLError, OSError) as error:
            raise TransientError(f"MLflow at {self._address} can't be reached: {error}") from error


def _known(run: Mapping[str, Any]) -> Known:
    info = run["info"]
    return Known(info["run_id"], info["status"] == _OPEN, info["artifact_uri"])


def _batches(run: Tracked, at: int) -> Iterator[tuple[str, Sequence[Any]]]:
    """As many as MLflow takes at once, texts cut to what it takes."""
    content = {
        "params": [{"key": name, "value": value[:_TEXT]} for name, value in run.params.items()],
        "tags": [{"key": name, "value": value[:_TEXT]} for name, value in run.tags.items()],
        "metrics": [_metric(one, at) for one in run.measures],
    }
    for kind, entries in content.items():
        yield from ((kind, list(some)) for some in _cut(entries, _TAKES[kind]))


def _cut(entries: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    return (entries[start : start + most] for start in range(0, len(entries), most))


def _metric(one: Measure, at: int) -> dict[str, Any]:
    return {"key": one.name, "value": one.value, "timestamp": at, "step": one.step}
