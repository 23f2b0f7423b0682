"""Lets faults happen, one row of the matrix after the other, and tells what was met, what held and how long it took.

Exit code 0 only if every row passed: a fault that met nothing, and an invariant for which nothing was checked, fail.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import orjson

from services.broker.environment import exempt_loopback
from tests.chaos.listener import ground
from tests.chaos.matrix import ROWS
from tests.chaos.report import Played, document, line
from tests.chaos.stage import DATA_PLANE
from tests.chaos.world import Row, World
from tests.results.page import commit

ROOT = Path(__file__).parents[2]
_KEPT = ROOT / ".driftmill" / "chaos"


def main(arguments: Sequence[str]) -> int:
    """Play rows; the report holds the last play of each, and becomes a page once it holds all of them."""
    chosen = _arguments(arguments)
    if chosen.list:
        _say("\n".join(f"{row.name:24} {row.says}" for row in ROWS))
        return 0
    exempt_loopback()
    names = {row.name: row for row in ROWS}
    rows = list(ROWS) if not chosen.names or "all" in chosen.names else [names[name] for name in chosen.names]
    played = []
    # kept until the next time, for who wants to read the logs
    home = _KEPT / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with ground(home) as where:
        for row in rows:
            _say(f"{row.name} ...")
            world = World(where, home / row.name, chosen.seed, tuple(chosen.services))
            played.append(play(row, world))
            _say(line(played[-1]))
            _keep(played[-1])
    return 0 if all(one.passed for one in played) else 1


def play(row: Row, world: World) -> Played:
    """One row; what goes wrong in it is told as its trouble."""
    world.home.mkdir(parents=True, exist_ok=True)
    started, load = monotonic(), os.getloadavg()[0]

    def made(**what: Any) -> Played:
        return Played(row.name, row.says, world.seed, commit(), monotonic() - started, load, **what)

    try:
        finding = row.run(world)
    except Exception as error:
        return made(troubles=[_told(error)])
    except BaseException as error:
        if type(error).__name__ != "Failed":  # how pytest's waiting says that it has given up
            raise
        return made(troubles=[_told(error)])
    return made(
        hits=dict(finding.hits),
        recoveries=finding.recoveries,
        invariants=[one.to_dict() for one in finding.invariants],
        notes=finding.notes,
        troubles=finding.troubles,
    )


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:1_500]


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description="Let faults happen, and check what held.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows, or `all` (default)")
    parser.add_argument("--list", action="store_true", help="name the rows")
    parser.add_argument("--seed", type=int, default=1, help="of stream and faults")
    parser.add_argument("--services", nargs="+", default=DATA_PLANE, choices=DATA_PLANE, help="which a row is about")
    chosen = parser.parse_args(arguments)
    known = {"all", *(row.name for row in ROWS)}
    if unknown := [name for name in chosen.names if name not in known]:
        parser.error(f"there is no row {', '.join(unknown)}; see --list")
    return chosen


def _keep(played: Played) -> None:
    path = _KEPT / "report.json"
    report = orjson.loads(path.read_bytes()) if path.exists() else {}
    report[played.name] = played.to_dict()
    path.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    if all(row.name in report for row in ROWS):
        page = document([Played(**report[row.name]) for row in ROWS])
        (ROOT / "docs" / "chaos.md").write_text(page)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
