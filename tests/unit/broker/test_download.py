import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jgo.maven import _core

from services.broker.artifacts import Artifact
from services.broker.download import download
from services.broker.errors import NoNetwork

CONTENT = bytes(range(256)) * 4000
FILE = Artifact("org.example:big:1", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class Repository(BaseHTTPRequestHandler):
    """Serves one file, by ranges; the first answer breaks off half-way."""

    ranges: list[str]

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "bytes=0-")
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        self.ranges.append(asked)
        body = CONTENT[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(CONTENT) // 2])
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    Repository.ranges = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Repository)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setitem(_core.DEFAULT_REMOTE_REPOS, "central", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield Repository.ranges
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_download_that_broke_off_goes_on_where_it_stopped(repository: list[str], tmp_path: Path) -> None:
    arrived: list[int] = []
    download([FILE], tmp_path, arrived.append)
    assert (tmp_path / FILE.name).read_bytes() == CONTENT
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in repository]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert len(starts) > 1
    assert sum(arrived) == len(CONTENT)


def test_no_network_says_which_file_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_core.DEFAULT_REMOTE_REPOS, "central", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(NoNetwork, match=r"big-1\.jar could not be downloaded .*HTTPS_PROXY"):
        download([FILE], tmp_path, lambda count: None)
