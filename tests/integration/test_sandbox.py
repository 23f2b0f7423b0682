"""What a file does to the process that tries it is a reason, and nothing more."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from services.registry.adapters.sandbox import try_apart
from tests.unit.registry.files import LIMITS, deep, endless, hungry, plain, question


def test_a_good_file_scores_as_here_and_tells_its_time() -> None:
    found = try_apart(plain().SerializeToString(), question(), LIMITS)
    assert found["problem"] == ""
    assert found["scores"] == [[0.125, 0.25, None, 0.5], [0.125], [0.125, 0.25], [0.125, 0.25, None, 0.5]]
    assert 0 < found["cost"]["together"] < 50


def test_a_file_that_crashes_onnx_runtime_is_refused() -> None:
    found = try_apart(deep().SerializeToString(), question(), LIMITS)
    assert found["problem"] == "the process that tried the file crashed with SIGSEGV"


def test_a_file_that_asks_for_more_memory_than_there_is_for_it_is_refused() -> None:
    assert try_apart(hungry(50).SerializeToString(), question(), LIMITS)["problem"] == ""
    found = try_apart(hungry(300).SerializeToString(), question(), LIMITS)["problem"]
    assert found.startswith("ONNX Runtime can't score the rows: ")
    assert "Failed to allocate memory" in found


def test_a_file_that_never_ends_is_refused_by_its_processor_time() -> None:
    found = try_apart(endless().SerializeToString(), question(), replace(LIMITS, cpu_seconds=1))["problem"]
    assert "more than 1 s of processor time" in found


def test_one_that_takes_too_long_is_ended() -> None:
    found = try_apart(endless().SerializeToString(), question(), replace(LIMITS, seconds=0.2))["problem"]
    assert found == "trying the file took longer than 0.2 s"


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("raise MemoryError", "ended with exit code 1: MemoryError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGABRT)", "crashed with SIGABRT"),
        ("raise SystemExit(3)", "ended with exit code 3"),
    ],
)
def test_how_the_process_ended_is_told(does: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "planted.py").write_text(does)
    monkeypatch.chdir(tmp_path)
    assert try_apart(b"", question(), LIMITS, "planted")["problem"] == f"the process that tried the file {told}"


def test_the_process_inherits_no_secrets_and_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTMILL_PII_KEY", "secret")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "planted.py").write_text(
        "import json, os, sys\n"
        "sys.stdin.buffer.read()\n"
        "told = [name for name in os.environ if not name.startswith('LC_')]\n"
        "problem = f'{told} {sorted(map(int, os.listdir(\"/proc/self/fd\")))[:-1]}'\n"
        "print(json.dumps({'problem': problem, 'scores': [], 'milliseconds': 0.0}))\n"
    )
    with (tmp_path / "open").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        found = try_apart(b"", question(), LIMITS, "planted")["problem"]
    assert found == "['ORT_DISABLE_TELEMETRY', 'OPENBLAS_NUM_THREADS'] [0, 1, 2]"
