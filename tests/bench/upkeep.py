"""What keeping state costs a process: CPU time of copies, writes and snapshots, of all that it takes."""

import os
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import psutil

from tests.bench.meter import seconds_of

_COUNTER = "driftmill_state_cpu_seconds_total"
_TICKS = os.sysconf("SC_CLK_TCK")


class Upkeep(NamedTuple):
    """CPU seconds since the start of a process. merging: of RocksDB's own threads, which only Linux tells."""

    whole: float
    copying: float
    writing: float
    storing: float
    merging: float

    def since(self, earlier: "Upkeep") -> "Upkeep":
        """What came after."""
        return Upkeep(*(now - then for now, then in zip(self, earlier, strict=True)))

    @property
    def share(self) -> float:
        """Part of the whole that isn't work on records."""
        return sum(self[1:]) / self.whole


def upkeep_of(pid: int, port: int) -> Upkeep:
    """Of a running service. port: where its metrics are."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    counted = {line.split('"')[1]: float(line.split()[-1]) for line in lines if line.startswith(f"{_COUNTER}{{")}
    copying, writing, storing = (counted.get(work, 0.0) for work in ("copy", "write", "store"))
    return Upkeep(seconds_of(psutil.Process(pid)), copying, writing, storing, _rocks(pid))


def _rocks(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task")
    return sum(_seconds(task) for task in (tasks.iterdir() if tasks.exists() else ()))


def _seconds(task: Path) -> float:
    try:
        name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
    except (FileNotFoundError, ProcessLookupError):  # a thread that ended since they were listed
        return 0.0
    user, system = rest.split()[11:13]
    return (int(user) + int(system)) / _TICKS if name.startswith("rocksdb") else 0.0
