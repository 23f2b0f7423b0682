"""`driftmill migrate`: the state of a changed feature set, built while the old one serves."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.checked import load_checked
from services.cli.connection import connect, environment_of
from services.cli.failure import USAGE, Failure
from services.cli.output import AsJson, PipelineName
from services.cli.program import run_program


def migrate(
    directory: Annotated[
        Path | None,
        typer.Argument(help="Directory with the new pipeline.yaml (default: rebuild the applied pipeline's state)."),
    ] = None,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Build the state of a changed feature set from the lake, before `driftmill apply`; started again, it goes on."""
    if directory is not None and not directory.exists():
        raise Failure(f"There is no {directory}.", USAGE)
    name = load_checked(directory).name if directory else pipeline
    arguments = ["--directory", str(directory.resolve())] if directory else []
    run_program("lake", ["migrate", *arguments], environment_of(connect(name)), as_json, _told)


def _told(line: dict[str, Any]) -> str:
    if line["progress"] != "end":
        return f"{line['stage']}[{line['partition']}]: {line['position']:,} of {line['end']:,}"
    if not line["stages"]:
        return "No state changes. Next: `driftmill apply`."
    where = ", ".join(f"{one['stage']}[{one['partition']}] up to {one['position']:,}" for one in line["snapshots"])
    return f"State of feature set {line['feature_set']} is stored: {where or 'nothing was served yet'}."
