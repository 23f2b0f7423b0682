"""What a process can still do once it is walled off: its own work, and nothing outside of itself."""

import socket
import sys
from pathlib import Path

import pytest

from services.registry.adapters.sandbox import try_apart
from tests.unit.registry.files import LIMITS, plain, question

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


if "files" in walls:
    attempt("read a file", key.read_text)
    attempt("make a file", lambda: (key.parent / "new").touch())
    attempt("remove a file", key.unlink)
    attempt("list a folder", lambda: os.listdir(key.parent))
    attempt("start a program", lambda: os.execv(sys.executable, [sys.executable, "-c", ""]))
    Path("/proc/self/status").read_text()
if "sockets" in walls:
    attempt("connect", lambda: socket.create_connection(("127.0.0.1", port)))
    attempt("send", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", port)))
    attempt("ask a local server", lambda: socket.socket(socket.AF_UNIX).connect("/run/docker.sock"))
child = os.fork()
if child == 0:
    if "files" in walls:
        attempt("read in a child", key.read_text)
    os._exit(len(done))
import wave  # a library that isn't loaded yet
told = {{"problem": "", "walls": walls, "scores": [done, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]}}
sys.stdout.write(json.dumps(told))
"""


def test_it_is_shut_off_from_what_it_says_and_linux_has_both_walls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "signing.key"
    key.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "planted.py").write_text(PLANTED.format(key=str(key), port=server.getsockname()[1]))
        monkeypatch.chdir(tmp_path)
        found = try_apart(b"", question(), LIMITS, "planted")
    assert found["walls"] == (["files", "sockets"] if sys.platform == "linux" else [])
    assert found["scores"] == [[], 0]
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"planted.py", "signing.key"}


def test_a_file_is_tried_behind_the_walls_that_the_platform_has() -> None:
    found = try_apart(plain().SerializeToString(), question(), LIMITS)
    assert (found["problem"], set(found["walls"]) <= {"files", "sockets"}) == ("", True)
    assert found["scores"][1] == [0.125]
