"""`driftmill lake`: what is kept of the data plane's records, and whether it is what the topics hold."""

import sys
from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any

import orjson
import typer

from services.cli.connection import connect, environment_of, offline_environment
from services.cli.output import AsJson, PipelineName, say, show
from services.cli.person import person
from services.cli.program import rows_of, run_program

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


@lake.command()
def verify(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Compare every table with its topic, row by row; exit code 1 if anything differs, and where."""
    run_program("lake", ["verify"], environment_of(connect(pipeline)), as_json, _compared)


@lake.command()
def erase(
    entity: Annotated[str, typer.Argument(help="The primary entity, as pipeline.yaml names it.")],
    key: Annotated[str, typer.Argument(help="Its key.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")],
    yes: Annotated[bool, typer.Option("--yes", help="Erase; without it rows are only counted.")] = False,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Erase all rows of one entity from the tables and their files, for good."""
    options = {"entity": entity, "key": key, "by": person(), "reason": reason}
    arguments = ["erase", *(f"--{name}={value}" for name, value in options.items()), *(["--yes"] if yes else [])]
    run_program("lake", arguments, environment_of(connect(pipeline)), as_json, _erased)


def _erased(line: dict[str, Any]) -> str:
    if line["progress"] == "wait":
        return f"waiting for the lake: {line['position']:,} of {line['end']:,}"
    if line["progress"] != "end":
        return f"{line['table']}: {line['progress']}"
    rows = ", ".join(f"{count:,} of {table}" for table, count in line["rows"].items() if count) or "none"
    if line["request_id"] is None:
        return f"Rows: {rows}. Nothing was erased: add --yes."
    return f"Rows erased: {rows} ({line['request_id']}). The topics are another matter: see docs/lake.md."


def _compared(line: dict[str, Any]) -> str:
    if line["progress"] != "end":
        return f"{line['topic']}[{line['partition']}]: {line['position']:,} of {line['end']:,}"
    reached = [_reached(one) for one in line["tables"]]
    faults = [
        f"{fault['table']}[{fault['partition']}]@{fault['offset']}: {fault['what']}"
        + (f" (and {fault['rows'] - 1:,} more)" if fault["rows"] > 1 else "")
        for one in line["tables"]
        for fault in one["faults"]
    ]
    return "\n".join([*reached, *(faults or ["The tables hold what the topics hold, once."])])


def _reached(one: dict[str, Any]) -> str:
    behind = max(one["topic_end"] - one["reaches"], 0)
    told = f", {behind:,} offsets behind the topic" if behind else ""
    return f"{one['table']}[{one['partition']}]: {one['rows']:,} rows, {one['compared']:,} compared{told}"


def _show(arguments: Sequence[str], pipeline: str | None, as_json: bool) -> None:
    rows = rows_of("lake", arguments, offline_environment(pipeline))
    if as_json:
        for row in rows:
            sys.stdout.write(orjson.dumps(row).decode() + "\n")
        return
    show(list(islice(rows, _MOST_SHOWN)), False, "No rows.")
    if more := sum(1 for _ in rows):
        say(f"… and {more:,} more rows: ask for fewer, or for --json")
