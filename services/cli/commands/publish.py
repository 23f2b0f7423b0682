"""`driftmill publish`: play a file or a source program into a pipeline."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli.connection import connect, environment_of
from services.cli.failure import USAGE, Failure
from services.cli.output import PipelineName

_ROOT = Path(__file__).resolve().parents[3]


def publish(
    file: Annotated[Path, typer.Argument(help="Events (.csv, .parquet, .jsonl), or a source program (.py).")],
    labels: Annotated[Path | None, typer.Option(help="File of labels.")] = None,
    data: Annotated[Path | None, typer.Option(help="File that a source program reads.")] = None,
    pipeline: PipelineName = None,
    seed: Annotated[int, typer.Option(help="For a source program that makes its data.")] = 7,
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE for a source program.")] = None,
    pace: Annotated[str, typer.Option(help="settled, max, or a multiple of event time.")] = "settled",
    final: Annotated[
        bool, typer.Option("--final", help="Nothing follows: let time pass until every outcome is final.")
    ] = False,
) -> None:
    """Play events and labels in the order in which they became known; progress as JSON lines."""
    for path in (file, labels, data):
        if path is not None and not path.is_file():
            raise Failure(f"There is no file {path}.", USAGE)
    settings = connect(pipeline)
    what = ["--source", file.resolve()] if file.suffix == ".py" else ["--data", file.resolve()]
    optional = {"--labels": labels and labels.resolve(), "--data": data and data.resolve()}
    extra = [part for name, value in optional.items() if value is not None for part in (name, value)]
    extra += ["--final"] if final else []
    arguments = [*what, *extra, "--seed", seed, "--pace", pace, *(p for o in option or [] for p in ("--option", o))]
    code = subprocess.call(
        [sys.executable, "-m", "services.ingestion", "replay", *map(str, arguments)],
        cwd=_ROOT,
        env=environment_of(settings),
    )
    raise typer.Exit(code)
