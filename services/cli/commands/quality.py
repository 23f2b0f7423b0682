"""`driftmill quality`: how good answers were, and how good those are to be expected whose labels are to come."""

from collections.abc import Iterable
from typing import Annotated

import orjson
import typer

from services.chassis.configs import applied_pipeline, bare_codec
from services.chassis.reading import read_topic
from services.cli import history
from services.cli.connection import connect
from services.cli.domain.beside_yardstick import beside_yardstick
from services.cli.domain.live_measures import Expecting, live_measures
from services.cli.output import AsJson, PipelineName, show
from services.contracts.baseline import BASELINE
from services.contracts.promise import Losses
from services.contracts.record import Record
from services.contracts.release_name import ReleaseName


def quality(
    slices: Annotated[bool, typer.Option("--slices", help="Also of each slice, and of each group of people.")] = False,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """How good each version's answers were, by labels that have matured, and are expected to be, by their scores."""
    settings = connect(pipeline)
    codec, applied = bare_codec(settings), applied_pipeline(settings)
    moves = read_topic(settings, codec, "models.history")
    states = {row["version"]: row["state"] for row in history.models(moves)} | {BASELINE: BASELINE}
    fair = [name for name, field in applied.event.fields.items() if field.role == "fairness"]
    expecting = Expecting(applied.label.target.task, _losses(moves), applied.model.cost, fair)
    profiles = (record.value for record in read_topic(settings, codec, "profiles"))
    found = live_measures(profiles, expecting, slices)
    if applied.monitor.yardsticks:
        found += beside_yardstick(record.value for record in read_topic(settings, codec, "yardsticks"))
    rows = [{"version": row["version"], "state": states.get(row["version"]), **row} for row in found]
    nothing = "No window has ended yet" if applied.label.target.task.labelled else "Events have no labels"
    show(rows, as_json, f"{nothing}: there is nothing to tell of.")


def _losses(moves: Iterable[Record]) -> dict[str, Losses]:
    """Errors of numbers on the hold-out, by the version of the model."""
    found: dict[str, Losses] = {}
    for record in moves:
        candidate = record.value.get("candidate")
        if candidate and candidate["manifest"]:
            losses = Losses.of(orjson.loads(candidate["manifest"]).get("measured") or {})
            if losses is not None:
                found[ReleaseName.of(record.value["version"]).model] = losses
    return found
