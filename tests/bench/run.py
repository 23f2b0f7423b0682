"""Measures what docs/benchmarks.md says, and writes it; what isn't asked for is taken from docs/bench, kept there."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import orjson

from services.broker.local import Endpoints
from tests.bench import (
    backfill,
    chain,
    features,
    inference,
    latency,
    loop,
    memory,
    monitored,
    monitoring,
    recovery,
    scaleout,
    trace,
)
from tests.bench.ground import PEERS, broker, say
from tests.bench.report import document
from tests.results.demos import ROOT
from tests.results.page import commit

_KEPT = ROOT / "docs" / "bench"
_PACKAGES = (
    "quixstreams>=3.28",
    "faust-streaming>=0.15.3",
    "aiokafka[lz4]>=0.14,<0.15",
    "bytewax>=0.21.1",
    "onnxruntime",
    "fastavro",
)


class Measure(Protocol):
    """One line of the table. The module of a measure is one."""

    def measure(self, endpoints: Endpoints, home: Path, rounds: int, peers: bool, /) -> dict[str, Any]:
        """What is kept, as JSON holds it. home: for files. rounds: repetitions. peers: whether there are any."""
        ...

    def section(self, found: Mapping[str, Any], /) -> str:
        """Its part of the page, of what was kept."""
        ...


MEASURES: dict[str, Measure] = {
    "inference": inference,
    "features": features,
    "chain": chain,
    "backfill": backfill,
    "latency": latency,
    "memory": memory,
    "recovery": recovery,
    "scaleout": scaleout,
    "trace": trace,
}

MONITORING, LOOP = "monitoring", "loop"
"""Have no rounds, and a page of their own, docs/monitoring.md."""
_ALL = (*MEASURES, MONITORING, LOOP)


def main(arguments: Sequence[str]) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure, and write docs/benchmarks.md, docs/monitoring.md."
    )
    parser.add_argument("measure", nargs="*", metavar="MEASURE", help=f"default: all of {', '.join(_ALL)}")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each measure (default: 5)")
    parser.add_argument("--json", action="store_true", help="print every figure as JSON")
    parser.add_argument("--setup-peers", action="store_true", help="make the environment of the peers, and end")
    chosen = parser.parse_args(arguments)
    if chosen.setup_peers:
        return _set_peers_up()
    names = chosen.measure or [*_ALL]
    if unknown := [name for name in names if name not in _ALL]:
        parser.error(f"there is no measure {', '.join(unknown)}; there are {', '.join(_ALL)}")
    for name in names:
        _keep(name, partial(_measured, name, chosen.rounds))
    kept = {name: orjson.loads(_kept(name).read_bytes()) for name in _ALL}
    sections = [(one.section(kept[name]["found"]), kept[name]) for name, one in MEASURES.items()]
    (ROOT / "docs" / "benchmarks.md").write_text(document(sections))
    (ROOT / "docs" / "monitoring.md").write_text(monitored.document(kept[MONITORING], kept[LOOP], kept["chain"]))
    if chosen.json:
        sys.stdout.write(orjson.dumps(kept, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0


def _keep(name: str, measure: Callable[[], dict[str, Any]]) -> None:
    load, found = os.getloadavg()[0], measure()
    _kept(name).write_bytes(orjson.dumps({"load": load, "commit": commit(), "found": found}))


def _measured(name: str, rounds: int) -> dict[str, Any]:
    if name == MONITORING:
        return monitoring.measure()
    peers = (PEERS / "bin" / "python").exists()
    if name != LOOP:
        say(f"{name}{'' if peers else ', without peers: scripts/bench --setup-peers makes their environment'}")
    with broker() as (endpoints, home):
        return loop.measure(endpoints, home) if name == LOOP else MEASURES[name].measure(endpoints, home, rounds, peers)


def _kept(name: str) -> Path:
    return _KEPT / f"{name}.json"


def _set_peers_up() -> int:
    """Peers pin other versions of the clients than we do, so they get an environment of their own."""
    subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
    install = [str(PEERS / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, *_PACKAGES], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
