import shutil
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from services.broker.errors import DiskFull, NoMemory
from services.broker.local import LocalBroker


def test_addresses_are_on_the_loopback_and_kept(tmp_path: Path) -> None:
    endpoints = LocalBroker(tmp_path).endpoints
    assert endpoints.bootstrap.startswith("127.0.0.1:")
    assert endpoints.schema_registry.endswith("/apis/ccompat/v7")
    assert LocalBroker(tmp_path).endpoints == endpoints
    assert LocalBroker(tmp_path / "another").endpoints != endpoints


def test_what_never_ran_is_down_and_can_be_stopped_and_reset(tmp_path: Path) -> None:
    local = LocalBroker(tmp_path, cache=tmp_path / "cache")
    local.down()
    local.reset()
    assert [(server.name, server.pid, server.listening) for server in local.status().servers] == [
        ("kafka", None, False),
        ("registry", None, False),
    ]
    assert local.pending_bytes() == local.manifest.kafka.size + local.manifest.registry.size


def test_too_little_memory_is_said_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=200_000_000))
    with pytest.raises(NoMemory, match=r"200 MB of memory are available .* 900 MB"):
        LocalBroker(tmp_path).up()


def test_a_full_disk_is_said_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    with pytest.raises(DiskFull, match="DRIFTMILL_HOME"):
        LocalBroker(tmp_path).up()
