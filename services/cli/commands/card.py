"""`driftmill card`: what is known of a model version, for people."""

import sys
from typing import Annotated

import typer

from services.chassis.configs import bare_codec
from services.chassis.reading import read_topic
from services.chassis.recorded import Recorded
from services.cli.card_page import page
from services.cli.connection import connect
from services.cli.domain.card import card as written
from services.cli.domain.datasets import named
from services.cli.output import PipelineName
from services.cli.profiles import Profiles


def card(
    version: Annotated[str, typer.Argument(help="Model version, as `driftmill models` has it.")],
    as_html: Annotated[bool, typer.Option("--html", help="A page with plots instead.")] = False,
    pipeline: PipelineName = None,
) -> None:
    """The model card of a version as Markdown: purpose, data, training, inputs, measures, what became of it."""
    settings = connect(pipeline)
    recorded = Recorded(settings)
    manifest = recorded.manifest(version)
    history = read_topic(settings, bare_codec(settings), "models.history")
    moves = [record.value for record in history if record.key == version]
    profiles = Profiles(settings)
    compared = profiles.compared(named(profiles.known, manifest["run_id"]))
    moved = compared.moved if compared else {}
    text = written(manifest, recorded.pipeline(manifest["pipeline_digest"]), moves, moved)
    sys.stdout.write(page(text, manifest) if as_html else text)
