"""`driftmill models`, `runs` and `status`: what the platform says of itself."""

from typing import Annotated, Any

import typer

from services.chassis.configs import applied_pipeline, bare_codec
from services.chassis.progress import Progress
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.cli import history
from services.cli.commands.alerts import lives_of
from services.cli.connection import connect
from services.cli.domain.live_cost import UNMEASURED, live_cost
from services.cli.domain.live_quality import UNWATCHED, live_quality
from services.cli.domain.moment import iso
from services.cli.output import AsJson, PipelineName, Row, say, show, show_json
from services.contracts.record import Record
from services.contracts.release_name import ReleaseName


def models(
    pipeline: PipelineName = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="Also how often each decided positive, its calibration, what mistakes and serving cost."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Model versions with their state, and why."""
    settings = connect(pipeline)
    images = history.images(_read(settings, "requests"))
    rows = [
        row | {"images": images.get(row["version"], [])} for row in history.models(_read(settings, "models.history"))
    ]
    if live:
        watched = live_quality(record.value for record in _read(settings, "profiles"))
        costs = live_cost(record.value for record in _read(settings, "costs"))
        rows = [
            row | watched.get(row["version"], UNWATCHED) | costs.get(ReleaseName.of(row["version"]).model, UNMEASURED)
            for row in rows
        ]
    show(
        rows if as_json else [_in_lines(row, bool(images)) for row in rows],
        as_json,
        "No model yet: the baseline answers until enough labels have matured.",
    )


def _in_lines(row: Row, with_images: bool) -> Row:
    """Lists a line each; nobody needs a column of nothing."""
    found = {**row, **{name: "\n".join(row[name]) for name in ("criteria", "images")}}
    return found if with_images else {name: value for name, value in found.items() if name != "images"}


def runs(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Training runs: what asked for them, what they wait for, how they ended."""
    settings = connect(pipeline)
    records = _read(settings, "runs")
    show(history.runs(records, applied_pipeline(settings).label.target.task), as_json, "No run yet.")


def status(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Where events, answers and control stand."""
    settings = connect(pipeline)
    progress = Progress(settings, applied_pipeline(settings).resolved.stages)
    try:
        lags: list[Row] = [{"service": name, "lag": progress.lag(name)} for name in progress.services]
    finally:
        progress.close()
    summary = _summary(settings)
    if as_json:
        show_json(summary | {"lag": {row["service"]: row["lag"] for row in lags}})
        return
    for name, value in summary.items():
        say(f"{name.replace('_', ' ')}: {value}")
    show(lags, False, "")


def _summary(settings: ChassisSettings) -> dict[str, Any]:
    versions = history.models(_read(settings, "models.history"))
    datasets = _read(settings, "datasets")
    return {
        "pipeline": settings.pipeline,
        "bootstrap": settings.bootstrap,
        "schema_registry": settings.schema_registry,
        "answers_from": next((row["version"] for row in versions if row["state"] == "champion"), "baseline"),
        "clock": iso(datasets[-1].value["clock"]) if datasets else None,
        "matured_outcomes": datasets[-1].value["rows"] if datasets else 0,
        "censored_outcomes": datasets[-1].value["censored"] if datasets else 0,
        "open_runs": [
            row["run"] for row in history.runs(_read(settings, "runs")) if row["state"] in ("waiting", "running")
        ],
        "open_alerts": [life.alert_id for life in lives_of(settings).alerts.values() if life.is_open],
    }


def _read(settings: ChassisSettings, topic: str) -> list[Record]:
    return read_topic(settings, bare_codec(settings), topic)
