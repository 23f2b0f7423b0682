"""`driftmill alerts`: what stands and what is over, one alert's whole life, and what people say to them."""

from pathlib import Path
from typing import Annotated

import typer

from services.chassis.configs import bare_codec
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.cli.commands.requests import ask
from services.cli.connection import connect
from services.cli.domain.alert_view import facts, markdown, named, related, rows, title, told
from services.cli.failure import USAGE, Failure
from services.cli.output import AsJson, PipelineName, Row, say, show, show_json
from services.contracts.alert_life import Life, Lives
from services.contracts.alert_plot import plot
from services.contracts.page import page
from services.contracts.pipeline.monitor import WATCHED
from services.contracts.pipeline.units import Duration
from services.contracts.record import POISON, Record

alerts = typer.Typer(help="What has changed, since when, how bad it is, and who is on it.")

AlertId = Annotated[str, typer.Argument(help="Id of an alert, or the beginning of it.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit trail.")]
_SHORT = 12


@alerts.callback(invoke_without_command=True)
def listed(context: typer.Context, pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Alerts, open and over."""
    if context.invoked_subcommand is None:
        found = rows(lives_of(connect(pipeline)))
        show(found if as_json else [_short(row) for row in found], as_json, "No alert yet.")


@alerts.command("show")
def show_one(
    alert: AlertId,
    html: Annotated[Path | None, typer.Option(help="Write a page with the plot to a file.")] = None,
    picture: Annotated[Path | None, typer.Option("--plot", help="Write the plot to a file, as SVG.")] = None,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """The whole life of one: how it was raised, what became of it, who was told, who took it on."""
    settings = connect(pipeline)
    lives = lives_of(settings)
    life = _one(lives, alert)
    lines = told(life, lives, [record.value for record in _read(settings, "notifications")])
    others = [one for one in lives.alerts.values() if one.cause == life.cause and one is not life]
    drawn = plot(life)
    if picture is not None:
        if not drawn:
            raise Failure(f"No plot: {life.raised['kind']} has no statistic by window.")
        picture.write_text(drawn, encoding="utf-8")
    if html is not None:
        plots = [("The statistic by window", drawn)] if drawn else []
        html.write_text(page(markdown(life, lines, others), plots), encoding="utf-8")
    if as_json:
        points = [{"window_end": end, "value": value} for end, value in life.points]
        (row,) = (row for row in rows(lives) if row["alert"] == life.alert_id)
        show_json(row | {"life": lines, "points": points, "same_cause": [one.alert_id for one in others]})
        return
    say(f"{title(life)}: {life.raised['message']}")
    for name, value in facts(life):
        say(f"{name}: {value}")
    for line in related(others):
        say(f"same cause: {line}")
    show(lines, False, "")
    for path in filter(None, (html, picture)):
        say(f"Written: {path}")


@alerts.command()
def ack(alert: AlertId, reason: Reason, pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Take an alert on: nobody is notified of it any more, unless it becomes worse, and that it is over."""
    life = _one(lives_of(connect(pipeline)), alert)
    if not life.is_open:
        raise Failure(f"{life.alert_id} is over ({life.state}): there is nothing to take on.")
    value = {"alert_id": life.alert_id, "reason": reason}
    ask(pipeline, "driftmill.AcknowledgementRequested", value, as_json, "`driftmill alerts` shows who is on what.")


@alerts.command()
def silence(
    subject: Annotated[str, typer.Argument(metavar="KIND[/NAME]", help="Kind of alerts, or one of it, as inputs/mcc.")],
    length: Annotated[str, typer.Option("--for", help="How long by the pipeline's clock, as 7d; 0d ends a silence.")],
    reason: Reason,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Have nobody notified of some alerts for a while. They are raised and recorded, and training acts, as ever."""
    kind, _, name = subject.partition("/")
    if kind not in WATCHED:
        raise Failure(f"{kind} is no kind of alerts: there are {', '.join(WATCHED)}.", USAGE)
    try:
        microseconds = int(Duration(length))
    except ValueError as error:
        raise Failure(f"--for {length}: {error}.", USAGE) from error
    value = {"kind": kind, "name": name, "length": microseconds, "reason": reason}
    ask(pipeline, "driftmill.SilenceRequested", value, as_json, "`driftmill alerts show` tells until when.")


def lives_of(settings: ChassisSettings) -> Lives:
    """All alerts of a pipeline."""
    lives = Lives()
    for record in _read(settings, "alerts"):
        lives.apply(record.kind, record.value)
    return lives


def _one(lives: Lives, text: str) -> Life:
    found = named(lives, text)
    if len(found) == 1:
        return found[0]
    why = "No alert has" if not found else f"{len(found)} alerts have"
    raise Failure(f"{why} an id that begins with {text!r}; `driftmill alerts` lists them.", USAGE)


def _short(row: Row) -> Row:
    """As people read it, in one line if it can be: ids by their beginnings, a cause only where it is another's."""
    cause = "" if row["cause"] == row["alert"] else row["cause"][:_SHORT]
    return dict(row) | {"alert": row["alert"][:_SHORT], "cause": cause}


def _read(settings: ChassisSettings, topic: str) -> list[Record]:
    return [record for record in read_topic(settings, bare_codec(settings), topic) if record.kind != POISON]
