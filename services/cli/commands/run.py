"""`driftmill run`: one service, or stages that share a process, in the foreground."""

import os
import sys
from typing import Annotated

import typer

from services.cli.connection import connect, environment_of
from services.cli.failure import USAGE, Failure
from services.cli.output import PipelineName
from services.cli.supervisor import SERVICES
from services.contracts.topics import FUSABLE, JOINED, service_of


def run(
    service: Annotated[
        str,
        typer.Argument(
            help=f"One of {', '.join(SERVICES)}; or stages of the flow that are to share one process and one "
            "transaction, as validation+features+inference."
        ),
    ],
    pipeline: PipelineName = None,
    entity: Annotated[str, typer.Option(help="Of features: the stage of this entity; empty for the first one.")] = "",
    ordinal: Annotated[int, typer.Option(help="Number of this instance of the service.", min=0)] = 0,
    port: Annotated[int, typer.Option(help="Port for health and metrics; 0 for a free one.", min=0)] = 0,
) -> None:
    """Run one service here, until Ctrl-C; or several of the data plane as one process, which answers sooner."""
    stages = service.split(JOINED)
    module = service if len(stages) == 1 else "fused"
    # stages other than the first entity's have a name only beside others
    known = (
        SERVICES if len(stages) == 1 else (*FUSABLE, *(stage for stage in stages if service_of(stage) == "features"))
    )
    if unknown := [stage for stage in stages if stage not in known]:
        raise Failure(f"There is no service {', '.join(unknown)}; expected one of {', '.join(known)}.", USAGE)
    if entity and service != "features":
        raise Failure(f"Only features has a stage for each entity, {service} has none for {entity}.", USAGE)
    environment = environment_of(connect(pipeline)) | {
        "DRIFTMILL_STAGES": service,
        "DRIFTMILL_ENTITY": entity,
        "DRIFTMILL_ORDINAL": str(ordinal),
        "DRIFTMILL_HTTP_PORT": str(port),
    }
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", f"services.{module}"], environment)
