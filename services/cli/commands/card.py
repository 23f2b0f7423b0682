"""`driftmill card`: what is known of a model version, for people."""

from typing import Annotated

import typer

from services.cli.connection import connect, environment_of
from services.cli.output import PipelineName
from services.cli.program import hand_over


def card(
    version: Annotated[str, typer.Argument(help="Model version, as `driftmill models` has it.")],
    as_html: Annotated[bool, typer.Option("--html", help="A page with plots instead.")] = False,
    pipeline: PipelineName = None,
) -> None:
    """The model card of a version as Markdown, as it was made when the version was registered."""
    hand_over("registry.card", [version, "html" if as_html else "md"], environment_of(connect(pipeline)))
