import socket
from dataclasses import astuple
from pathlib import Path

from services.broker.ports import is_free, is_open, remembered_ports


def test_ports_are_distinct_and_remembered(tmp_path: Path) -> None:
    path = tmp_path / "broker" / "ports.json"
    ports = remembered_ports(path)
    assert len(set(astuple(ports))) == 3
    assert remembered_ports(path) == ports


def test_a_port_in_use_is_not_free() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert is_open(port)
        assert not is_free(port)
    assert is_free(port)
    assert not is_open(port)
