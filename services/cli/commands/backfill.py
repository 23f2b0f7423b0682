"""`driftmill backfill`: features of the whole past, by the code that serves them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.connection import connect, environment_of, offline_environment
from services.cli.failure import USAGE, Failure
from services.cli.output import AsJson, PipelineName
from services.cli.program import run_program
from services.contracts import pipeline as pipelines


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
    run_program("lake", ["backfill", *arguments], _environment(directory, events, pipeline), as_json, _told)


def _environment(directory: Path | None, events: Path | None, pipeline: str | None) -> dict[str, str]:
    if directory is None:
        return environment_of(connect(pipeline))
    name = pipelines.load(directory).name
    if events is None:
        return environment_of(connect(name))
    return offline_environment(name)


def _told(line: dict[str, Any]) -> str:
    if line["progress"] == "end":
        return f"{line['rows']:,} rows written to {line['table']}"
    where = f"{line['stage']}[{line['partition']}]"
    return f"{where}: {line['position']:,} of {line['end']:,}, {line['rows']:,} rows"
