"""`driftmill lake`: what is kept of the data plane's records; needs no broker."""

import sys
from collections.abc import Sequence
from itertools import islice
from typing import Annotated

import orjson
import typer

from services.cli.connection import offline_environment
from services.cli.output import AsJson, PipelineName, say, show
from services.cli.program import rows_of

_MOST_SHOWN = 50

lake = typer.Typer(help="The tables in which every record of the data plane is kept.", no_args_is_help=True)


@lake.command()
def tables(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Which tables there are, and how much they hold."""
    _show(["tables"], pipeline, as_json)


@lake.command()
def schema(
    table: Annotated[str, typer.Argument(help="Name, as `driftmill lake tables` has it.")],
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """The columns of a table with their types."""
    _show(["schema", table], pipeline, as_json)


@lake.command()
def query(
    sql: Annotated[
        str, typer.Argument(help="A statement of SQL, as DataFusion has it; the lake's tables go by their names.")
    ],
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Rows by SQL; with --json one object a line, bytes in base 64."""
    _show(["query", sql], pipeline, as_json)


def _show(arguments: Sequence[str], pipeline: str | None, as_json: bool) -> None:
    rows = rows_of("lake", arguments, offline_environment(pipeline))
    if as_json:
        for row in rows:
            sys.stdout.write(orjson.dumps(row).decode() + "\n")
        return
    show(list(islice(rows, _MOST_SHOWN)), False, "No rows.")
    if more := sum(1 for _ in rows):
        say(f"… and {more:,} more rows: ask for fewer, or for --json")
