"""`driftmill audit`: who did what and why, and whether the trail of it is whole."""

from typing import Annotated, Any

import typer

from services.chassis.configs import bare_codec
from services.chassis.reading import read_topic
from services.cli.audit_trail import AuditTrail, Found
from services.cli.connection import connect, environment_of, offline_environment, offline_settings
from services.cli.domain.moment import iso
from services.cli.failure import FAILED
from services.cli.history import audit as rows
from services.cli.output import AsJson, PipelineName, say, show, show_json

audit = typer.Typer(help="Who did what, when and why; and whether that was changed since.", invoke_without_command=True)


@audit.callback()
def trail(
    context: typer.Context,
    actor: Annotated[str | None, typer.Option(help="Only what this person or service did.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this version, run, alert, …")] = None,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Every action of people and services, in order."""
    if context.invoked_subcommand is not None:
        return
    settings = connect(pipeline)
    found = rows(read_topic(settings, bare_codec(settings), "audit"))
    wanted = {"actor": actor, "subject": subject}
    chosen = [row for row in found if all(value in (None, row[name]) for name, value in wanted.items())]
    shown = chosen if as_json else [{n: v for n, v in row.items() if n not in ("id", "evidence")} for row in chosen]
    show(shown, as_json, "Nothing was done yet.")


@audit.command()
def verify(
    topic: Annotated[bool, typer.Option("--topic", help="Look at the topic only.")] = False,
    lake: Annotated[bool, typer.Option("--lake", help="Look at the lake's table only; needs no broker.")] = False,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Chain the trail anew and compare it with the signed heads; exit code 1 if it was cut, swapped or edited, and
    where."""
    if lake and not topic:
        found = AuditTrail(offline_settings(pipeline), offline_environment(pipeline)).verified(topic=False, lake=True)
    else:
        settings = connect(pipeline)
        found = AuditTrail(settings, environment_of(settings)).verified(topic=True, lake=lake or not topic)
    if as_json:
        show_json(_plain(found))
    else:
        _tell(found)
    if found.faults:
        raise typer.Exit(FAILED)


def _tell(found: Found) -> None:
    for one in found.copies:
        repeats = f", {one.repeats:,} of them sent again" if one.repeats else ""
        say(f"{one.name}: {one.records:,} records{repeats}")
    if found.behind:
        say(f"The lake is {found.behind:,} records behind the topic.")
    if found.head is None:
        say("There is no signed head: nothing is protected yet.")
    else:
        at, hashed = iso(found.head.appended_at), found.head.hash[:16]
        say(f"{found.heads:,} signed heads, the last of record {found.head.sequence:,} of {at}, hash {hashed}…")
    if found.after:
        say(f"{found.after:,} records lie after the last head, and aren't protected yet.")
    for fault in found.faults:
        say(f"{fault.where}: {fault.what}")
    if not found.faults:
        say("The trail is whole: nothing was cut, swapped or edited.")


def _plain(found: Found) -> dict[str, Any]:
    return {
        "holds": not found.faults,
        "copies": [{"name": one.name, "records": one.records, "repeats": one.repeats} for one in found.copies],
        "heads": found.heads,
        "last_head": found.head and {**found.head._asdict(), "appended_at": iso(found.head.appended_at)},
        "after_last_head": found.after,
        "lake_behind": found.behind,
        "faults": [fault._asdict() for fault in found.faults],
    }
