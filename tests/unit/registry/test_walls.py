"""What a process can still do once it is walled off: its own work, and nothing outside of itself."""

import socket
import sys
from pathlib import Path

import pytest

from services.registry.adapters.sandbox import try_apart
from tests.unit.registry.files import LIMITS, plain, question

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

PLANTED = """
import json, os, socket, sys
from pathlib import Path
from services.registry.adapters.walls import walled_off

sys.stdin.buffer.read()
key, port, parent = Path({key!r}), {port}, os.getppid()
walls, done = walled_off(), []


def attempt(name, act):
    try:
        act()
    except PermissionError:
        return
    done.append(name)


attempt("read a file", key.read_text)
attempt("make a file", lambda: (key.parent / "new").touch())
attempt("remove a file", key.unlink)
attempt("list a folder", lambda: os.listdir(key.parent))
attempt("start a program", lambda: os.execv(sys.executable, [sys.executable, "-c", ""]))
attempt("connect", lambda: socket.create_connection(("127.0.0.1", port)))
attempt("send", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", port)))
attempt("ask a local server", lambda: socket.socket(socket.AF_UNIX).connect("/run/docker.sock"))
child = os.fork()
if child == 0:
    attempt("read in a child", key.read_text)
    os._exit(len(done))
import wave  # a library that isn't loaded yet
Path("/proc/self/status").read_text()
told = {{"problem": "", "walls": walls, "scores": [done, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]}}
sys.stdout.write(json.dumps(told))
"""


def test_it_opens_no_file_and_no_socket_and_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "signing.key"
    key.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "planted.py").write_text(PLANTED.format(key=str(key), port=server.getsockname()[1]))
        monkeypatch.chdir(tmp_path)
        found = try_apart(b"", question(), LIMITS, "planted")
    if found["walls"] != ["files", "sockets"]:
        pytest.skip(f"this kernel builds only {found['walls']}")
    assert found["scores"] == [[], 0]
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"planted.py", "signing.key"}


def test_a_file_is_tried_behind_the_walls_that_the_platform_has() -> None:
    found = try_apart(plain().SerializeToString(), question(), LIMITS)
    assert (found["problem"], set(found["walls"]) <= {"files", "sockets"}) == ("", True)
    assert found["scores"][1] == [0.125]
