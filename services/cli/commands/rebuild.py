"""`driftmill rebuild`: a model made again, and compared with what it was."""

from typing import Annotated, Any

import typer

from services.cli.connection import connect, environment_of
from services.cli.output import AsJson, PipelineName, text
from services.cli.program import run_program


def rebuild(
    version: Annotated[str, typer.Argument(help="Model version, as `driftmill models` has it.")],
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Train a model version again from its manifest; exit code 1 if anything comes out otherwise, and what."""
    run_program("training.rebuild", [version], environment_of(connect(pipeline)), as_json, _told)


def _told(line: dict[str, Any]) -> str:
    if line["progress"] != "end":
        return f"{line['version']}: learning again from {line['rows']:,} rows"
    if not line["differences"]:
        return f"{line['version']} comes out the same, to the last byte of its file: {line['model_digest']}"
    told = [
        f"{one['what']}: {text(one['recorded'])} was recorded, {text(one['rebuilt'])} came out"
        for one in line["differences"]
    ]
    more = [f"… and {line['more']:,} more"] if line["more"] else []
    return "\n".join([f"{line['version']} comes out otherwise:", *_gone(line["erased"]), *told, *more])


def _gone(erased: dict[str, Any]) -> list[str]:
    if not erased["rows"]:
        return []
    asked = ", ".join(erased["requests"])
    return [f"{erased['rows']:,} of its rows were erased since, as was asked for ({asked}): it can't come out the same"]
