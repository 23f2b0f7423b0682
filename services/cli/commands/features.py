"""`driftmill features`: which features there are, who reads them, and what they are of an entity."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import orjson
import typer

from services.chassis.configs import applied_pipeline, bare_codec
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.cli.connection import connect, environment_of
from services.cli.domain.feature_skew import feature_skew
from services.cli.domain.moment import moment
from services.cli.failure import USAGE, Failure
from services.cli.feature_table import listed
from services.cli.output import AsJson, PipelineName, console, say, show, show_json, table
from services.cli.program import rows_of
from services.contracts.manifest import CHALLENGER_KEY, CHAMPION_KEY

_GONE = ("rejected", "retired")

features = typer.Typer(help="The feature store: what is declared, and what was served.", no_args_is_help=True)


@features.command("list")
def list_features(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Each declared feature of the applied pipeline: what it is, its digest, and which live models read it."""
    settings = connect(pipeline)
    rows = listed(applied_pipeline(settings), _read_by(settings))
    show(rows, as_json, "This pipeline declares no feature: its models read fields of the event alone.")


@features.command()
def get(
    entity: Annotated[str, typer.Argument(help="Value of the key of the pipeline's first entity.")],
    at: Annotated[str | None, typer.Option(help="As of this time: 2026-03-01 or 2026-03-01T12:00Z.")] = None,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """The newest vector of an entity, as it was served, from the lake; and how fresh it is."""
    words = [entity] if at is None else [entity, "--at", _time(at)]
    (found,) = rows_of("lake", ["vector", *words], environment_of(connect(pipeline)))
    if as_json:
        sys.stdout.write(orjson.dumps(found).decode() + "\n")
        return
    say(f"{found['entity']} as of {found['as_of']}: served for {found['event_id']} of {found['event_time']}")
    say(f"kept through {found['kept_through']}; feature set {found['feature_set']}")
    console().print(table([{"feature": name, "value": value} for name, value in found["features"].items()]))


@features.command()
def skew(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """How what was served compares with what the lake's log gives when it is recomputed, of a sample of entities."""
    settings = connect(pipeline)
    found = feature_skew(record.value for record in read_topic(settings, bare_codec(settings), "profiles"))
    if as_json:
        show_json(None if found is None else asdict(found) | {"through": moment(found.through)})
    elif found is None:
        say("No window was compared yet: that is done by the lake, every DRIFTMILL_LAKE_SKEW minutes.")
    else:
        say(
            f"{found.compared:,} of {found.events:,} events compared, of {found.sampled:.2%} of the entities or more, "
            f"through {moment(found.through)}"
        )
        console().print(table(found.features))


def _read_by(settings: ChassisSettings) -> Mapping[str, Mapping[str, str]]:
    """Live version → what it reads, by name and digest; a version that may still answer is live."""
    newest: dict[str, Any] = {}
    for record in read_topic(settings, bare_codec(settings), "models"):
        if record.key not in (CHAMPION_KEY, CHALLENGER_KEY) and record.raw_value is not None:
            newest[record.key] = record.value
    return {
        version: orjson.loads(view["manifest"])["input_digests"]
        for version, view in newest.items()
        if view["state"] not in _GONE
    }


def _time(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Failure(f"--at {text} isn't a time: give one like 2026-03-01 or 2026-03-01T12:00Z.", USAGE) from error
