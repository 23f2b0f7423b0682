"""`driftmill run`: one service in the foreground."""

import os
import sys
from typing import Annotated

import typer

from services.cli.connection import connect, environment_of
from services.cli.failure import USAGE, Failure
from services.cli.output import PipelineName
from services.cli.supervisor import SERVICES


def run(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")],
    pipeline: PipelineName = None,
    entity: Annotated[str, typer.Option(help="Of features: the stage of this entity; empty for the first one.")] = "",
    ordinal: Annotated[int, typer.Option(help="Number of this instance of the service.", min=0)] = 0,
    port: Annotated[int, typer.Option(help="Port for health and metrics; 0 for a free one.", min=0)] = 0,
) -> None:
    """Run one service here, until Ctrl-C."""
    if service not in SERVICES:
        raise Failure(f"There is no service {service}; expected one of {', '.join(SERVICES)}.", USAGE)
    if entity and service != "features":
        raise Failure(f"Only features has a stage for each entity, {service} has none for {entity}.", USAGE)
    environment = environment_of(connect(pipeline)) | {
        "DRIFTMILL_ENTITY": entity,
        "DRIFTMILL_ORDINAL": str(ordinal),
        "DRIFTMILL_HTTP_PORT": str(port),
    }
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", f"services.{service}"], environment)
