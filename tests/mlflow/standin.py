"""A stand-in of an MLflow server: what is used of its REST API, in memory. `scripts/mlflow` asks a real one."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson


@dataclass
class Held:
    """What it holds. failures: answers of this status come first."""

    experiments: dict[str, str] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)
    asked: int = 0

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Status and content."""
        self.asked += 1
        if self.failures:
            return self.failures.pop(0), {"error_code": "INTERNAL_ERROR"}
        parts = urlsplit(path)
        if parts.path.startswith("/api/2.0/mlflow-artifacts/artifacts/"):
            self.files[parts.path.removeprefix("/api/2.0/mlflow-artifacts/artifacts/")] = body
            return 200, {}
        asked = orjson.loads(body) if body else {name: some[0] for name, some in parse_qs(parts.query).items()}
        name = parts.path.removeprefix("/api/2.0/mlflow/").replace("/", "_").replace("-", "_")
        return getattr(self, f"{method.lower()}_{name}")(asked)  # type: ignore[no-any-return]

    def get_experiments_get_by_name(self, asked: Any) -> tuple[int, Any]:
        found = self.experiments.get(asked["experiment_name"])
        if found is None:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST"}
        return 200, {"experiment": {"experiment_id": found}}

    def post_experiments_create(self, asked: Any) -> tuple[int, Any]:
        made = self.experiments.setdefault(asked["name"], str(len(self.experiments) + 1))
        return 200, {"experiment_id": made}

    def post_runs_search(self, asked: Any) -> tuple[int, Any]:
        (wanted,) = re.findall(r"= '(.*)'", asked["filter"])
        found = [run for run in self.runs if run["tags"].get("driftmill.run") == wanted]
        return 200, {"runs": [{"info": run["info"]} for run in found]} if found else {}

    def post_runs_create(self, asked: Any) -> tuple[int, Any]:
        key = f"k{len(self.runs)}"
        info = {"run_id": key, "status": "RUNNING", "artifact_uri": f"mlflow-artifacts:/1/{key}/artifacts"}
        info |= {"run_name": asked["run_name"], "start_time": asked["start_time"]}
        tags = {tag["key"]: tag["value"] for tag in asked["tags"]}
        self.runs.append({"info": info, "tags": tags, "params": {}, "metrics": []})
        return 200, {"run": {"info": info}}

    def post_runs_log_batch(self, asked: Any) -> tuple[int, Any]:
        run = self._run(asked)
        assert len(asked.get("params", ())) <= 100
        for kind in ("params", "tags"):
            run[kind] |= {one["key"]: one["value"] for one in asked.get(kind, ())}
        run["metrics"] += [one for one in asked.get("metrics", ()) if one not in run["metrics"]]
        return 200, {}

    def post_runs_update(self, asked: Any) -> tuple[int, Any]:
        self._run(asked)["info"] |= {"status": asked["status"], "end_time": asked["end_time"]}
        return 200, {}

    def _run(self, asked: Any) -> dict[str, Any]:
        return next(run for run in self.runs if run["info"]["run_id"] == asked["run_id"])


@contextmanager
def standin(held: Held) -> Iterator[str]:
    """Its URL, while it runs."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = held.answer(self.command, self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(orjson.dumps(content))

        do_GET = do_POST = do_PUT = _do

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
