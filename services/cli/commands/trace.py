"""`driftmill trace`: the life of a prediction, and what a dataset or a version has touched."""

import sys
from typing import Annotated

import typer

from services.cli.connection import connect, environment_of
from services.cli.failure import USAGE, Failure
from services.cli.output import AsJson, PipelineName, show_json
from services.cli.program import asked


def trace(
    event_id: Annotated[str | None, typer.Argument(help="Id of a prediction, which is the event's.")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="A dataset instead, or the beginning of its id: what was learnt from it.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="A model version instead: what it answered, and why.")] = None,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """All that is known of a prediction, from the event to its label, as Markdown; or of a dataset, or a version."""
    if sum(one is not None for one in (event_id, dataset, version)) != 1:
        raise Failure("Name one of these: the id of a prediction, --dataset, or --version.", USAGE)
    settings = connect(pipeline)
    words = ["versions"] if event_id is None else ["event", event_id]
    kept = asked("lake.trace", words, environment_of(settings))
    # the lake is asked while this is loaded
    from services.cli.tracing import told_of_dataset, told_of_event, told_of_version

    if event_id is not None:
        told = told_of_event(settings, kept, event_id)
    elif version is not None:
        told = told_of_version(settings, kept, version)
    else:
        told = told_of_dataset(settings, kept, dataset or "")
    if as_json:
        show_json(told.facts)
    else:
        sys.stdout.write(told.page)
