"""Measures what docs/results.md says, and writes it; what isn't asked for is taken from the last time it was measured.

Exit code 0 only if every bound held: a number too good to be true is a leak, and fails like one that is too low.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from tests.results import newcomer
from tests.results.chain import measure
from tests.results.demos import ROOT, play
from tests.results.page import commit
from tests.results.report import Measured, document, held

_KEPT = ROOT / ".driftmill" / "results"
_DATA = Path(os.environ.get("DRIFTMILL_TEST_DATA") or ROOT.parent / "shared" / "data")

Measure = Callable[[], dict[str, object]]
MEASURES: dict[str, Measure] = {
    "newcomer": newcomer.start,
    "payments": lambda: play("payments"),
    "payments again": lambda: play("payments"),
    "payments on one core": lambda: play("payments", cores=1),
    "payments seed 1": lambda: play("payments", "--seed", "1"),
    "payments seed 2": lambda: play("payments", "--seed", "2"),
    "payments without drift": lambda: play("payments", "--drift", "none"),
    "chain": lambda: measure(100_000),
    "electricity": lambda: play("electricity", "--data", str(_DATA / "elec2" / "elec2.csv.gz")),
    "flights": lambda: play("flights", "--data", str(_DATA / "hflights" / "hflights.csv.gz")),
    "public payments": lambda: play("payments", "--data", str(_DATA / "fraud" / "fraud_12w.csv.gz")),
}


def main(arguments: Sequence[str]) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="scripts/results", description="Measure, and write docs/results.md.")
    parser.add_argument("measure", nargs="*", metavar="MEASURE", help=f"default: all of {', '.join(MEASURES)}")
    parser.add_argument("--write", action="store_true", help="measure nothing, only write what was measured")
    given = parser.parse_args(arguments)
    chosen = [] if given.write else given.measure or list(MEASURES)
    if unknown := [name for name in chosen if name not in MEASURES]:
        parser.error(f"there is no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    _KEPT.mkdir(parents=True, exist_ok=True)
    for name in chosen:
        _say(f"{name} ...")
        load, code = os.getloadavg()[0], commit()
        found = MEASURES[name]()
        _kept(name).write_bytes(orjson.dumps({"load": load, "commit": code, "found": found}))
        _say(f"  {found.get('seconds', '')} s")
    measured = {name: Measured(**orjson.loads(_kept(name).read_bytes())) for name in MEASURES if _kept(name).exists()}
    text = document(measured)
    (ROOT / "docs" / "results.md").write_text(text)
    missing = [name for name in MEASURES if name not in measured]
    if missing:
        _say(f"not measured yet: {', '.join(missing)}")
    return 0 if held(text) and not missing else 1


def _kept(name: str) -> Path:
    return _KEPT / f"{name}.json"


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
