"""Store and lake on S3: a server that speaks its protocol, its address and credentials from the environment."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from services.broker.local import Endpoints
from services.chassis.store import Store
from services.contracts.record import Record
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable
from services.lake.verification import Verification
from tests.integration.lake_scene import Scene
from tests.platform import Platform, pipeline_named

SERVER = """
import logging, threading
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
threading.Event().wait()
"""
SCHEMA = {"fields": [{"name": "x", "type": "long"}]}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """URL of a server without buckets, in a process of its own: the clients' native code may keep Python waiting."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    server.kill()
    server.wait()


@pytest.fixture
def bucket(address: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of a folder in an empty bucket."""
    secrets = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    for name, value in (secrets | {"AWS_ENDPOINT_URL": address, "AWS_ALLOW_HTTP": "true"}).items():
        monkeypatch.setenv(name, value)
    urlopen(Request(f"{address}/{prefix}", method="PUT")).close()
    return f"s3://{prefix}/base"


def test_objects_are_put_found_and_deleted(bucket: str, tmp_path: Path) -> None:
    store = Store(bucket)
    (tmp_path / "model").write_bytes(b"onnx")
    store.put("models/a", tmp_path / "model")
    store.put("models/b/c", b"more")
    store.download("models/a", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"onnx"
    assert store.get("models/b/c") == b"more"
    assert sorted((one.key, one.size) for one in store.found("models")) == [("models/a", 4), ("models/b/c", 4)]
    assert store.folders("models") == ["b"]
    store.delete(["models/a", "models/never"])
    with pytest.raises(FileNotFoundError):
        store.get("models/a")


def test_two_writers_keep_each_record_once(bucket: str) -> None:
    tables = [AppendOnlyTable(f"{bucket}/t", "events", "c/t", RecordColumns(SCHEMA), 0) for _ in range(2)]

    def write(table: AppendOnlyTable, ahead: int) -> None:
        for start in range(0, 12, 4):
            records = [Record("events", 0, n, 0, "k", "driftmill.X", {"x": n}) for n in range(start, start + ahead)]
            table.append(records, {0: start + ahead})

    with ThreadPoolExecutor(2) as threads:
        for writing in [threads.submit(write, *each) for each in zip(tables, (4, 6), strict=True)]:
            writing.result()
    assert [row["kafka_offset"] for row in tables[0].rows(["x"])] == list(range(14))
    tables[0].compact()
    assert tables[0].vacuum(0) > 1
    assert [row["kafka_offset"] for row in tables[1].rows(["x"])] == list(range(14))


def test_the_lake_keeps_all_topics_there(broker: Endpoints, prefix: str, tmp_path: Path, bucket: str) -> None:
    platform = Platform.create(broker, pipeline_named(prefix), tmp_path)
    try:
        scene = Scene(platform)
        scene.hour()
        scene.outcomes()
        lake = platform.start("lake", DRIFTMILL_STORE=bucket)
        platform.drained("lake")
        assert platform.kill(lake, signal.SIGTERM) == 0
        lines = list(Verification(platform.settings.model_copy(update={"store": bucket})).run())
    finally:
        platform.close()
    assert lines[-1]["holds"]
    assert sum(one["compared"] for one in lines[-1]["tables"] if one["table"] == "events") == 60
