"""The look at the machine comes before anything is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.demo import machine


def test_what_is_missing_will_be_downloaded(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    assert machine.downloads(tmp_path, tmp_path / "cache") == {"Python packages": machine.PACKAGES_MB}
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "installed").touch()
    assert machine.downloads(tmp_path, tmp_path / "absent") == {"Kafka and the schema registry": machine.BROKER_MB}


def test_little_memory_stands_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "available_memory_mb", lambda: 100)
    assert "100 MB are free" in machine.look(tmp_path, {})[1][0]


def test_memory_is_what_the_kernel_says(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 4000000 kB\nMemAvailable: 3000000 kB\n")
    assert machine.available_memory_mb(tmp_path / "meminfo") == 3000


def test_a_proxy_is_shown_without_its_password(tmp_path: Path) -> None:
    found, _ = machine.look(tmp_path, {"HTTPS_PROXY": "http://me:secret@proxy.example:3128"})
    assert "proxy.example:3128" in found[1]
    assert "secret" not in " ".join(found)


def test_it_needs_nothing_but_the_standard_library() -> None:
    program = Path(machine.__file__)
    done = subprocess.run([sys.executable, "-I", "-S", str(program)], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Python ")
