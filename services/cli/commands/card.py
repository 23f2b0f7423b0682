"""`driftmill card`: what is known of a model version, for people."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from services.chassis.configs import bare_codec
from services.chassis.reading import read_topic
from services.cli.connection import connect
from services.cli.domain.card import card as written
from services.cli.failure import Failure
from services.cli.output import PipelineName, say
from services.contracts.pipeline import Pipeline


def card(
    version: Annotated[str, typer.Argument(help="Model version, as `driftmill models` has it.")],
    output: Annotated[Path | None, typer.Option(help="File to write (default: standard output).")] = None,
    pipeline: PipelineName = None,
) -> None:
    """The model card of a version as Markdown: purpose, data, training, inputs, measures, what became of it."""
    settings = connect(pipeline)
    codec = bare_codec(settings)
    offered = {record.key: record.value for record in read_topic(settings, codec, "candidates")}
    if version not in offered:
        raise Failure(
            f"There is no model version {version}. Those that were offered: {', '.join(offered) or 'none yet'}."
        )
    manifest = orjson.loads(offered[version]["manifest"])
    texts = {record.value["digest"]: record.value["texts"] for record in read_topic(settings, codec, "configs")}
    moves = [record.value for record in read_topic(settings, codec, "models.history") if record.key == version]
    text = written(manifest, Pipeline.from_texts(texts[manifest["pipeline_digest"]]), moves)
    if output is None:
        sys.stdout.write(text)
        return
    output.write_text(text)
    say(f"{output} written")
