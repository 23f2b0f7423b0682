"""Prints data: tables for people, JSON for programs."""

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
PipelineName = Annotated[str | None, typer.Option("--pipeline", "-p", help="Pipeline (default: the one last used).")]


_WIDE = 10_000


def console() -> Console:
    """Where people read. What goes to a file or to another program has one line for each row."""
    here = sys.stdout.isatty()
    return Console(highlight=False, soft_wrap=not here, width=None if here else _WIDE)


def complain(message: str) -> None:
    """One error, on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, style="red", markup=False)


def say(message: str) -> None:
    """One line for people."""
    console().print(message, markup=False)


def show_json(data: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY).decode() + "\n")


def show(rows: Sequence[Row], as_json: bool, nothing: str) -> None:
    """Rows with equal keys; `nothing` is said when there are none."""
    if as_json:
        show_json(list(rows))
    elif not rows:
        say(nothing)
    else:
        console().print(table(rows))


def table(rows: Sequence[Row]) -> Table:
    """Rows as a table whose columns are their keys."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        numeric = all(isinstance(row[name], int | float | None) for row in rows)
        made.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        # as plain text: what stands in brackets would be taken for a style
        made.add_row(*(Text(text(value)) for value in row.values()))
    return made


def text(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
