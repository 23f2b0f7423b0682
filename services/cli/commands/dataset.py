"""`driftmill dataset`: what models were learnt from."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from services.chassis.configs import applied_pipeline
from services.chassis.profiles import Profile, Profiles
from services.cli.connection import connect
from services.cli.dataset_page import page
from services.cli.domain.dataset_report import report as written
from services.cli.failure import Failure
from services.cli.output import AsJson, PipelineName, show
from services.contracts.dataset_drift import drift
from services.contracts.datasets import Told, named, row

dataset = typer.Typer(help="The datasets that models are learnt from.", no_args_is_help=True)


@dataset.command("list")
def list_(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Each dataset that a run learnt from, and the newest: size, newest run, how far it moved from the last."""
    settings = connect(pipeline)
    profiles, task = Profiles(settings), applied_pipeline(settings).label.target.task
    last: Profile | None = None
    rows = list[dict[str, Any]]()
    known = profiles.known
    for told in (one for one in known if one.runs or one is known[-1]):
        profile = profiles.of(told)
        rows.append(row(told, drift(last, profile) if last and profile else {}, profile, task))
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
    profiles = Profiles(settings)
    told = named(profiles.known, name)
    if told is None:
        raise Failure(f"Nothing known is called {name}. {_names(profiles.known)}")
    compared = profiles.compared(told)
    if compared is None:
        where = f"under {told.profile} any more" if told.profile else "of it: no run that kept one has ended"
        raise Failure(f"There is no profile {where}. {_names(profiles.known)}")
    text = written(settings.pipeline, told, *compared)
    text = page(text, compared.profile, compared.moved) if as_html else text
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text)


def _names(known: Sequence[Told]) -> str:
    some = ", ".join(told.value["dataset_id"] for told in known if told.profile)
    return f"There are reports of {some}." if some else "No dataset has a profile yet."
