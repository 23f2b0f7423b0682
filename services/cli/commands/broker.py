"""`driftmill broker`: the local broker and schema registry."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from services.broker.environment import home_directory
from services.broker.local import LocalBroker
from services.cli.commands.up import StageLine
from services.cli.failure import USAGE, Failure
from services.cli.output import AsJson, say, show, show_json

broker = typer.Typer(help="The local broker and schema registry.", no_args_is_help=True)


@broker.command()
def up(as_json: AsJson = False) -> None:
    """Start both in the background; the same addresses each time."""
    home = home_directory()
    home.mkdir(parents=True, exist_ok=True)
    endpoints = LocalBroker(home, report=(lambda _: None) if as_json else StageLine()).up()
    if as_json:
        show_json(asdict(endpoints))
    else:
        say(f"Kafka on {endpoints.bootstrap}, schemas on {endpoints.schema_registry}")


@broker.command()
def down() -> None:
    """Stop both; their data stay."""
    LocalBroker(home_directory()).down()
    say("The broker and the schema registry are stopped; their data stay.")


@broker.command()
def status(as_json: AsJson = False) -> None:
    """Say whether both run; exit code 1 if not."""
    found = LocalBroker(home_directory()).status()
    rows: list[dict[str, Any]] = [
        {
            "server": one.name,
            "address": one.address,
            "pid": one.pid,
            "listening": one.listening,
            "memory_mb": round(one.memory / 1e6),
        }
        for one in found.servers
    ]
    if as_json:
        show_json({"up": found.up, "disk_mb": round(found.disk / 1e6), "servers": rows})
    else:
        show(rows, False, "")
        say(f"{found.disk / 1e6:.0f} MB on disk")
    if not found.up:
        raise typer.Exit(1)


@broker.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False) -> None:
    """Stop both and delete all topics and schemas."""
    home = home_directory()
    if not yes and not typer.confirm(f"Delete all topics and schemas under {home}?"):
        raise Failure("Nothing was deleted. Use --yes to go ahead without being asked.", USAGE)
    LocalBroker(home).reset()
    say("All topics and schemas are deleted. State and models of services are under the same home and stay.")
