"""`driftmill backfill`: features of the whole past, by the code that serves them."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from services.broker.environment import child_environment, home_directory
from services.chassis import clock
from services.cli.connection import connect, environment_of
from services.cli.failure import USAGE, Failure
from services.cli.output import AsJson, PipelineName, say
from services.contracts import pipeline as pipelines

_ROOT = Path(__file__).resolve().parents[3]
_REPORT_SECONDS = 2.0


def backfill(
    directory: Annotated[
        Path | None, typer.Argument(help="Directory with pipeline.yaml (default: the applied pipeline).")
    ] = None,
    events: Annotated[Path | None, typer.Option(help="File of events (default: the lake's tables).")] = None,
    labels: Annotated[Path | None, typer.Option(help="File of labels.")] = None,
    table: Annotated[str | None, typer.Option(help="Name of the table (default: after the feature set).")] = None,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Compute features of all events into a table; started again after whatever ended it, it goes on."""
    for path in (directory, events, labels):
        if path is not None and not path.exists():
            raise Failure(f"There is no {path}.", USAGE)
    if labels and not events:
        raise Failure("--labels needs --events.", USAGE)
    optional = {"--directory": directory, "--events": events, "--labels": labels}
    arguments = [part for name, path in optional.items() if path for part in (name, str(path.resolve()))]
    arguments += ["--table", table] if table else []
    child = subprocess.Popen(
        [sys.executable, "-m", "services.lake", "backfill", *arguments],
        cwd=_ROOT,
        env=_environment(directory, events, pipeline),
        stdout=subprocess.PIPE,
    )
    with child:
        _show(child, as_json)
    raise typer.Exit(child.returncode)


def _environment(directory: Path | None, events: Path | None, pipeline: str | None) -> dict[str, str]:
    if directory is None:
        return environment_of(connect(pipeline))
    name = pipelines.load(directory).name
    if events is None:
        return environment_of(connect(name))
    # files and a directory need no broker
    return child_environment({"DRIFTMILL_PIPELINE": name, "DRIFTMILL_HOME": str(home_directory())})


def _show(child: "subprocess.Popen[bytes]", as_json: bool) -> None:
    """Progress: JSON lines as they come, or now and then a line for people."""
    told = clock.monotonic()
    for line in child.stdout or ():
        if as_json:
            sys.stdout.write(line.decode())
            sys.stdout.flush()
            continue
        found: dict[str, Any] = orjson.loads(line)
        if found["progress"] == "end":
            say(f"{found['rows']:,} rows written to {found['table']}")
        elif clock.monotonic() - told > _REPORT_SECONDS:
            told = clock.monotonic()
            where = f"{found['stage']}[{found['partition']}]"
            say(f"{where}: {found['position']:,} of {found['end']:,}, {found['rows']:,} rows")
