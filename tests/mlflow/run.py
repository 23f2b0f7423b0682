"""The export against a real server: what it holds is what was told, once."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson

from services.broker.environment import child_environment, exempt_loopback
from services.chassis.errors import TransientError
from services.training.adapters.mlflow import Mlflow
from services.training.domain.tracked import Tracked, tracked
from tests.eventually import eventually
from tests.mlflow.story import LOG, finished, started
from tests.platform import ROOT
from tests.unit.registry.facts import facts

ENVIRONMENT = ROOT / ".driftmill" / "mlflow"
ADDRESS = "http://127.0.0.1:5871"


def main() -> int:
    """Export, and compare; exit code 1 through an assertion."""
    exempt_loopback()
    if not (ENVIRONMENT / "bin" / "mlflow").exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        subprocess.run(
            [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "mlflow>=3.1"], check=True
        )
    with tempfile.TemporaryDirectory() as folder:
        run = _run()
        with _server(Path(folder)):
            key = _exported(run)
            assert _exported(run) == key
        try:
            _exported(run)
        except TransientError as error:
            sys.stdout.write(f"away: {error}\n")
        else:
            raise AssertionError("a server that is away was reached")
        with _server(Path(folder)):
            assert _exported(run) == key
            _assert_held(key, run)
    sys.stdout.write(f"{len(run.params)} parameters and {len(run.measures)} measures are there, once\n")
    return 0


def _run() -> Tracked:
    report = {"measured": facts()["measured"], "trials": LOG}
    return tracked(started("r1", "v1"), finished("r1", "v1"), report, facts())


def _exported(run: Tracked) -> str:
    mlflow = Mlflow(ADDRESS)
    known = mlflow.run(mlflow.experiment("small"), run, 1_000)
    # as a process that was cut off and begun again would: all of it twice
    for _ in range(2 if known.is_open else 0):
        mlflow.log(known.key, run, 2_000)
        mlflow.put(known, "card.md", b"# card")
    mlflow.finish(known.key, run.failed, 2_000)
    return known.key


def _assert_held(key: str, run: Tracked) -> None:
    held = _asked(f"runs/get?run_id={key}")["run"]
    assert held["info"]["status"] == "FINISHED"
    assert {one["key"]: one["value"] for one in held["data"]["params"]} == run.params
    for name in {one.name for one in run.measures}:
        history = _asked(f"metrics/get-history?run_id={key}&metric_key={name}")["metrics"]
        told = [(one.value, one.step) for one in run.measures if one.name == name]
        assert [(one["value"], one.get("step", 0)) for one in history] == told, name
    assert [one["path"] for one in _asked(f"artifacts/list?run_id={key}")["files"]] == ["card.md"]
    wanted = orjson.dumps({"experiment_ids": [held["info"]["experiment_id"]]})
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{ADDRESS}/api/2.0/mlflow/runs/search", wanted, headers)) as answer:
        assert len(orjson.loads(answer.read())["runs"]) == 1


def _asked(path: str) -> Any:
    with urlopen(f"{ADDRESS}/api/2.0/mlflow/{path}") as answer:
        return orjson.loads(answer.read())


@contextmanager
def _server(folder: Path) -> Iterator[None]:
    place = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "files")]
    listen = ["--host", "127.0.0.1", "--port", ADDRESS.rpartition(":")[2], "--workers", "1"]
    with (folder / "log").open("ab") as log:
        server = subprocess.Popen(
            [str(ENVIRONMENT / "bin" / "mlflow"), "server", *place, *listen],
            env=child_environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        eventually(_is_up, 180)
        yield
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def _is_up() -> bool:
    with contextlib.suppress(OSError), urlopen(f"{ADDRESS}/health", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


if __name__ == "__main__":
    sys.exit(main())
