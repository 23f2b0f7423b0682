"""`driftmill report`: an account of a period, for those who must answer for what models decide."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli.connection import connect
from services.cli.domain.period import Period
from services.cli.domain.report_page import report_page
from services.cli.failure import USAGE, Failure
from services.cli.output import AsJson, PipelineName, complain, say, show_json
from services.cli.reporting import behind, plots, reported
from services.contracts.page import page


def report(
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day, or time (UTC); default: all before.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Last day, or the time before which; default: all since.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots to a file.")] = None,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Models, decisions, quality, fairness, incidents and who did what in a period, as Markdown."""
    try:
        period = Period.of(first, last)
    except ValueError as error:
        raise Failure(f"{error}.", USAGE) from error
    settings = connect(pipeline)
    facts = reported(settings, period)
    if html is not None:
        html.write_text(page(report_page(facts), plots(facts)), encoding="utf-8")
    if as_json:
        show_json(facts)
    elif html is not None:
        say(f"Written: {html}")
    else:
        sys.stdout.write(report_page(facts))
    if newer := behind(settings):
        complain(f"The lake has yet to write {newer:,} records, which aren't counted. Make the account again.")
