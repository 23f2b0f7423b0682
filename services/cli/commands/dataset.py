"""`driftmill dataset`: what models were learnt from."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from services.chassis.configs import bare_codec
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.cli.connection import connect
from services.cli.dataset_page import page
from services.cli.domain.dataset_report import report as written
from services.cli.domain.datasets import Told, before, datasets, named, row
from services.cli.failure import Failure
from services.cli.output import AsJson, PipelineName, show
from services.contracts.dataset_drift import drift

dataset = typer.Typer(help="The datasets that models are learnt from.", no_args_is_help=True)


@dataset.command("list")
def list_(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Each dataset with its size, the newest run that learnt from it, and how far it moved from the last."""
    settings = connect(pipeline)
    last, rows = None, list[dict[str, Any]]()
    for told in _known(settings):
        profile = _profile(settings, told)
        rows.append(row(told, drift(last, profile) if last and profile else {}, profile))
        last = profile or last
    show(rows, as_json, "No dataset yet: no labels have matured.")


@dataset.command()
def report(
    name: Annotated[str, typer.Argument(help="A dataset, as `driftmill dataset list` has it, a run or a version.")],
    as_html: Annotated[bool, typer.Option("--html", help="A page with plots instead.")] = False,
    output: Annotated[Path | None, typer.Option(help="File to write (default: standard output).")] = None,
    pipeline: PipelineName = None,
) -> None:
    """The profile of a dataset as Markdown: its rows and label, its columns, what may leak, how far it moved."""
    settings = connect(pipeline)
    known = _known(settings)
    told = named(known, name)
    if told is None:
        raise Failure(f"Nothing known is called {name}. {_names(known)}")
    profile = _profile(settings, told)
    if profile is None:
        raise Failure(f"{told.value['dataset_id']} has no profile: no run has ended that learnt from it and kept one.")
    earlier = before(known, told)
    last = _profile(settings, earlier) if earlier else None
    moved = drift(last, profile) if last else {}
    text = written(settings.pipeline, told, profile, last, moved)
    text = page(text, profile, moved) if as_html else text
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text)


def _known(settings: ChassisSettings) -> list[Told]:
    codec = bare_codec(settings)
    return datasets(*(read_topic(settings, codec, topic) for topic in ("datasets", "runs")))


def _profile(settings: ChassisSettings, told: Told) -> dict[str, Any] | None:
    if told.profile is None:
        return None
    try:
        found: dict[str, Any] = orjson.loads(Store(settings.store_url).get(told.profile))
    except FileNotFoundError as error:
        raise Failure(f"{told.profile} is gone from the store at {settings.store_url}.") from error
    return found


def _names(known: Sequence[Told]) -> str:
    some = ", ".join(told.value["dataset_id"] for told in known if told.profile)
    return f"There are reports of {some}." if some else "No dataset has a profile yet."
