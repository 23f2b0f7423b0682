"""`python -m services.lake` keeps records; `… backfill` and `… migrate` compute features anew, and end."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from services.chassis import failpoint, logs
from services.chassis.errors import Stop, TransientError
from services.chassis.runner import main as serve
from services.contracts.pipeline import PipelineInvalid
from services.lake.app import build
from services.lake.settings import LakeSettings


def main(arguments: Sequence[str]) -> int:
    """Runs what the arguments ask for; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.command not in _PROGRAMS:
        return serve("lake", LakeSettings, build)
    settings_of: Any = LakeSettings
    try:
        settings = settings_of()
        logs.configure("lake", settings.log_level)
        failpoint.arm(failpoint.Faults())
        _tell({"progress": "end", **_PROGRAMS[options.command](settings, options)})
    except (ValueError, PipelineInvalid, OSError, TransientError, Stop) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError) else 1
    except KeyboardInterrupt:
        return 130
    return 0


def _fill(settings: LakeSettings, options: argparse.Namespace) -> dict[str, Any]:
    # the service goes without the kernel's compiler, some 100 MB
    from services.lake.programs import Order, fill

    return fill(settings, Order(options.directory, options.events, options.labels, options.table), _tell)


def _move(settings: LakeSettings, options: argparse.Namespace) -> dict[str, Any]:
    from services.lake.programs import move

    return move(settings, options.directory, _tell)


_PROGRAMS = {"backfill": _fill, "migrate": _move}


def _tell(line: dict[str, Any]) -> None:
    """One JSON object a line on standard output, for programs."""
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.lake")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="keep every record (the default)")
    fills = commands.add_parser("backfill", help="compute features anew")
    fills.add_argument("--directory", type=Path, help="of the pipeline (default: the applied one)")
    fills.add_argument("--events", type=Path, help="file of events (default: the lake's tables)")
    fills.add_argument("--labels", type=Path, help="file of labels")
    fills.add_argument("--table", help="name of the table (default: backfill_ and the feature set)")
    moves = commands.add_parser("migrate", help="build the state of another feature set")
    moves.add_argument("--directory", type=Path, help="of the pipeline (default: the applied one)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
