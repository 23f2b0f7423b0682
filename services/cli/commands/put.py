"""`driftmill put`: bytes into the object store, for events that refer to them."""

from pathlib import Path
from typing import Annotated

import typer

from services.chassis.references import References
from services.chassis.store import Store
from services.cli.connection import offline_settings
from services.cli.failure import USAGE, Failure
from services.cli.output import PipelineName, say


def put(
    files: Annotated[list[Path], typer.Argument(help="Images or other files that events refer to.")],
    pipeline: PipelineName = None,
) -> None:
    """Store files and print what events name each by, in their order. What is stored already is left as it is."""
    for path in files:
        if not path.is_file():
            raise Failure(f"There is no file {path}.", USAGE)
    references = References(Store(offline_settings(pipeline).store_url))
    for path in files:
        say(f"{references.put(path.read_bytes())}  {path}")
