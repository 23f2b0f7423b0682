"""`python -m services.lake` keeps records; what else it is told ends by itself.

`… backfill`, `… label`, `… migrate` and `… skew` compute features anew;
`… tables`, `… schema`, `… query`, `… audit` and `… vector` look at what is kept;
`… verify` compares it with the topics, `… erase` takes one entity's rows out of it.
"""

import argparse
import base64
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from services.chassis import failpoint, logs
from services.chassis.ending import end
from services.chassis.errors import Stop, TransientError
from services.chassis.runner import main as serve
from services.contracts.pipeline import PipelineInvalid
from services.lake.app import build
from services.lake.settings import LakeSettings

Line = dict[str, Any]


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
        holds = True
        for line in _PROGRAMS[options.command](settings, options):
            holds = line.get("holds") is not False
            _tell(line)
    except BrokenPipeError:
        return 1  # who was reading has seen enough
    except (ValueError, PipelineInvalid, OSError, TransientError, Stop) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError) else 1
    except KeyboardInterrupt:
        return 130
    return 0 if holds else 1


def _fill(settings: LakeSettings, options: argparse.Namespace) -> Iterator[Line]:
    # the service goes without the kernel's compiler, some 100 MB
    from services.lake.programs import Order, fill

    order = Order(options.directory, options.events, options.labels, options.table)
    yield {"progress": "end", **fill(settings, order, _tell)}


def _label(settings: LakeSettings, options: argparse.Namespace) -> Iterator[Line]:
    from services.lake.programs import Order, label

    yield {"progress": "end", **label(settings, Order(options.directory, options.events, options.labels), _tell)}


def _move(settings: LakeSettings, options: argparse.Namespace) -> Iterator[Line]:
    from services.lake.programs import move

    yield {"progress": "end", **move(settings, options.directory, _tell)}


def _skew(settings: LakeSettings, _options: argparse.Namespace) -> Iterator[Line]:
    from services.lake.programs import skew

    yield {"progress": "end", **skew(settings, _tell)}


def _look(settings: LakeSettings, options: argparse.Namespace) -> Iterable[Line]:
    from services.lake.adapters.lake_view import LakeView

    view = LakeView(settings.store_url, settings.pipeline)
    if options.command == "tables":
        return view.tables()
    return view.schema(options.table) if options.command == "schema" else view.query(options.sql)


def _audit(settings: LakeSettings, _options: argparse.Namespace) -> Iterator[Line]:
    from services.lake.adapters.lake_view import LakeView

    view = LakeView(settings.store_url, settings.pipeline)
    # heads first: the trail that they are about is read as it is later
    for table in ("audit_heads", "audit"):
        yield from ({"table": table, "row": row} for row in view.kept(table))


def _erase(settings: LakeSettings, options: argparse.Namespace) -> Iterator[Line]:
    from services.lake.erasure import Eraser, Order

    return Eraser(settings, Order(options.entity, options.key, options.by, options.reason, options.yes)).run()


def _verify(settings: LakeSettings, _options: argparse.Namespace) -> Iterator[Line]:
    from services.lake.verification import Verification

    return Verification(settings).run()


def _vector(settings: LakeSettings, options: argparse.Namespace) -> Iterator[Line]:
    from services.lake.features import newest

    yield newest(settings, options.entity, options.at)


_PROGRAMS: Mapping[str, Callable[[LakeSettings, argparse.Namespace], Iterable[Line]]] = {
    "backfill": _fill,
    "label": _label,
    "migrate": _move,
    "skew": _skew,
    "tables": _look,
    "schema": _look,
    "query": _look,
    "audit": _audit,
    "verify": _verify,
    "erase": _erase,
    "vector": _vector,
}


def _tell(line: Line) -> None:
    """One JSON object a line on standard output, for programs; bytes in base 64."""
    sys.stdout.write(orjson.dumps(line, default=_plain).decode() + "\n")
    sys.stdout.flush()


def _plain(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.lake")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="keep every record (the default)")
    fills = commands.add_parser("backfill", help="compute features anew")
    fills.add_argument("--directory", type=Path, help="of the pipeline (default: the applied one)")
    fills.add_argument("--events", type=Path, help="file of events (default: the lake's tables)")
    fills.add_argument("--labels", type=Path, help="file of labels")
    fills.add_argument("--table", help="name of the table (default: backfill_ and the feature set)")
    labels = commands.add_parser("label", help="write the outcomes that files of events and labels would have")
    for name in ("--directory", "--events"):
        labels.add_argument(name, type=Path, required=True)
    labels.add_argument("--labels", type=Path)
    moves = commands.add_parser("migrate", help="build the state of another feature set")
    moves.add_argument("--directory", type=Path, help="of the pipeline (default: the applied one)")
    commands.add_parser("skew", help="compare served features with recomputed ones, window by window")
    commands.add_parser("tables", help="which tables there are")
    commands.add_parser("schema", help="the columns of a table").add_argument("table")
    commands.add_parser("query", help="rows by SQL").add_argument("sql")
    commands.add_parser("audit", help="the audit trail and its signed heads")
    commands.add_parser("verify", help="compare the tables with the topics")
    erases = commands.add_parser("erase", help="erase the rows of an entity")
    erases.add_argument("--yes", action="store_true", help="erase; without it rows are counted")
    for name in ("entity", "key", "by", "reason"):
        erases.add_argument(f"--{name}", required=True)
    vector = commands.add_parser("vector", help="the newest vector of an entity")
    vector.add_argument("entity")
    vector.add_argument("--at", help="as of a time in ISO 8601")
    return parser


if __name__ == "__main__":
    end(main(sys.argv[1:]))
