"""Measures what docs/benchmarks.md says, and writes it; what isn't asked for is taken from the last time."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import orjson

from services.broker.local import Endpoints
from tests.bench import inference
from tests.bench.ground import PEERS, broker
from tests.bench.meter import Rate
from tests.bench.report import document
from tests.results.demos import ROOT

_KEPT = ROOT / ".driftmill" / "bench"
_PACKAGES = ("quixstreams>=3.28", "faust-streaming>=0.15.3", "aiokafka[lz4]>=0.14,<0.15", "onnxruntime", "fastavro")

Round = Callable[[Endpoints, Path, int, bool], dict[str, Rate]]
MEASURES: dict[str, Round] = {"inference": inference.round_of}


def main(arguments: Sequence[str]) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure, and write docs/benchmarks.md.")
    parser.add_argument("measure", nargs="*", metavar="MEASURE", help=f"default: all of {', '.join(MEASURES)}")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each measure (default: 5)")
    parser.add_argument("--json", action="store_true", help="print every figure as JSON")
    parser.add_argument("--setup-peers", action="store_true", help="make the environment of the peers, and end")
    chosen = parser.parse_args(arguments)
    if chosen.setup_peers:
        return _set_peers_up()
    names = chosen.measure or list(MEASURES)
    if unknown := [name for name in names if name not in MEASURES]:
        parser.error(f"there is no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    _KEPT.mkdir(parents=True, exist_ok=True)
    for name in names:
        _measure(name, chosen.rounds)
    kept = {path.stem: orjson.loads(path.read_bytes()) for path in sorted(_KEPT.glob("*.json"))}
    (ROOT / "docs" / "benchmarks.md").write_text(document(kept))
    if chosen.json:
        sys.stdout.write(orjson.dumps(kept, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0


def _measure(name: str, rounds: int) -> None:
    peers, load = (PEERS / "bin" / "python").exists(), os.getloadavg()[0]
    if not peers:
        _say("without peers: scripts/bench --setup-peers makes their environment")
    found = []
    with broker() as (endpoints, home):
        for number in range(rounds):
            rates = MEASURES[name](endpoints, home, number, peers)
            found.append({who: asdict(rate) for who, rate in rates.items()})
            said = ", ".join(f"{who} {rate.per_second:,.0f}/s {rate.cpu_us:.1f} µs" for who, rate in rates.items())
            _say(f"{name} {number + 1} of {rounds}: {said}")
    (_KEPT / f"{name}.json").write_bytes(orjson.dumps({"load": load, "rounds": found}))


def _set_peers_up() -> int:
    """Peers pin other versions of the clients than we do, so they get an environment of their own."""
    subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
    install = [str(PEERS / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, *_PACKAGES], check=True)
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
