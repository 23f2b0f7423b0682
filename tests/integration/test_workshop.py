"""Runs in processes of their own, real ones: what is killed, and when, makes no run double or endless."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from services.chassis.clock import monotonic
from services.training.adapters.workshop import (
    JOB,
    RESULT,
    Limits,
    ProcessWorkshop,
    Work,
    _memory,
    write_result,
    write_step,
)
from tests.eventually import Eventually
from tests.platform import ROOT

AMPLE = Limits(seconds=60, memory_mb=4096)
RUN: dict[str, Any] = {"run_id": "r1", "version": "v1", "champion": None, "dataset": b'{"clock": 1}'}
LISTENER = """
import sys, pathlib
from services.training.adapters.workshop import ProcessWorkshop, Limits
shop = ProcessWorkshop(pathlib.Path(sys.argv[1]), Limits(60, 4096), {}, lambda _: {})
shop.result_of({"run_id": "r1", "champion": None, "dataset": b"{}"})
print(shop._open["r1"].process.pid, flush=True)
sys.stdin.read()
"""
"""A service that has begun a run and waits."""

EMPLOYER = """
import subprocess, sys
worker = "x = b'x' * (250 << 20); import sys; sys.stdin.read()"
kept = subprocess.Popen([sys.executable, "-c", worker], stdin=subprocess.PIPE)
sys.stdin.read()
"""
"""A process whose worker holds 250 MB, until it ends itself."""


@contextmanager
def workshop(folder: Path, limits: Limits = AMPLE) -> Iterator[ProcessWorkshop]:
    made = ProcessWorkshop(folder, limits, {"texts": {}, "nice": 0}, lambda _version: {})
    try:
        yield made
    finally:
        made.close()


def pids() -> list[int]:
    """Of the runs that this process works on. One that has only just begun has no command line yet."""
    others = [one.as_dict(["pid", "cmdline", "status"]) for one in psutil.Process().children()]
    alive = [one for one in others if one["status"] != psutil.STATUS_ZOMBIE]
    # the session has a broker
    return [one["pid"] for one in alive if not one["cmdline"] or "services.training.work" in one["cmdline"]]


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def ended(shop: ProcessWorkshop, eventually: Eventually) -> Mapping[str, Any]:
    found = eventually(lambda: shop.result_of(RUN), 30)
    assert found is not None
    return found


def test_a_run_is_begun_once_and_told_what_it_needs(tmp_path: Path) -> None:
    with workshop(tmp_path) as shop:
        assert shop.result_of(RUN) is None
        begun = pids()
        assert shop.result_of(RUN) is None
        assert (len(begun), pids()) == (1, begun)
        job = orjson.loads((tmp_path / "r1" / JOB).read_bytes())
        assert (job["run"]["version"], job["dataset"], job["champion"]) == ("v1", {"clock": 1}, None)
    assert pids() == []


def test_a_process_that_is_killed_fails_its_run_and_is_not_begun_again(tmp_path: Path, eventually: Eventually) -> None:
    with workshop(tmp_path) as shop:
        shop.result_of(RUN)
        os.kill(pids()[0], signal.SIGKILL)
        found = ended(shop, eventually)
        assert (found["outcome"], pids()) == ("failed", [])
        assert found["reason"].startswith("the training process ended with exit code -9")


def test_what_a_process_said_before_it_ended_is_told(tmp_path: Path, eventually: Eventually) -> None:
    with workshop(tmp_path) as shop:
        shop.result_of(RUN)  # a pipeline of no files
        assert "there is no such file" in ended(shop, eventually)["reason"]


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(seconds=0, memory_mb=4096), "ran longer than 0 s (DRIFTMILL_RUN_SECONDS)"),
        (Limits(seconds=60, memory_mb=1), "used more than 1 MB of memory (DRIFTMILL_RUN_MEMORY_MB)"),
    ],
)
def test_a_run_that_takes_too_much_is_ended(tmp_path: Path, eventually: Eventually, limits: Limits, why: str) -> None:
    with workshop(tmp_path, limits) as shop:
        shop.result_of(RUN)
        found = ended(shop, eventually)
        assert (found["outcome"], pids()) == ("failed", [])
        assert why in found["reason"]


def test_the_memory_of_a_run_s_workers_counts(tmp_path: Path, eventually: Eventually) -> None:
    process = subprocess.Popen([sys.executable, "-c", EMPLOYER], stdin=subprocess.PIPE)
    with workshop(tmp_path, Limits(seconds=60, memory_mb=200)) as shop:
        shop._open["r1"] = Work(process, monotonic())
        eventually(lambda: _memory(process.pid) > 200 * 2**20, 30)
        assert psutil.Process(process.pid).memory_info().rss < 100 * 2**20
        assert "200 MB of memory" in ended(shop, eventually)["reason"]


def test_a_result_that_is_there_is_never_made_again(tmp_path: Path) -> None:
    (tmp_path / "r1").mkdir()
    write_result(tmp_path / "r1", {"outcome": "candidate", "candidate": {"manifest": b"m", "key_id": "k"}})
    with workshop(tmp_path) as shop:
        for _ in range(2):
            found = shop.result_of(RUN)
            assert found == {"outcome": "candidate", "candidate": {"manifest": b"m", "key_id": "k"}}
        assert pids() == []


def test_steps_are_told_as_they_are_written_each_when_it_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "r1"
    place.mkdir()
    with workshop(tmp_path) as shop:
        assert shop.steps_of(RUN) == []
        write_step(place, "one")
        write_step(place, "two")
        with (place / "steps").open("a") as steps:
            steps.write("thr")
        assert shop.steps_of(RUN) == ["one", "two"]


def test_a_service_that_is_killed_takes_its_run_along_and_the_next_begins_it_anew(
    tmp_path: Path, eventually: Eventually
) -> None:
    command = [sys.executable, "-c", LISTENER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        orphan = int(service.stdout.readline())
        write_step(tmp_path / "r1", "of the first")
        service.kill()
    eventually(lambda: not is_alive(orphan), 30)
    assert not (tmp_path / "r1" / RESULT).exists()
    with workshop(tmp_path) as shop:
        assert shop.result_of(RUN) is None
        assert shop.steps_of(RUN) == []
        assert len(pids()) == 1
