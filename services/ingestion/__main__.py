"""`python -m services.ingestion` serves HTTP; `python -m services.ingestion replay …` plays a stream and ends."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from services.chassis import logs
from services.chassis.errors import Stop, TransientError
from services.chassis.runner import main as serve
from services.ingestion.adapters.pace import NotSettled
from services.ingestion.app import Order, build, print_report, replay
from services.ingestion.settings import IngestionSettings


def main(arguments: Sequence[str]) -> int:
    """Runs what the arguments ask for; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.command != "replay":
        return serve("ingestion", IngestionSettings, build)
    try:
        settings = IngestionSettings(**({"pipeline": options.pipeline} if options.pipeline else {}))
        logs.configure("ingestion", settings.log_level)
        replay(settings, _order(options), print_report)
    except (ValueError, NotSettled, TransientError, Stop) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError) else 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.ingestion")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="take events and labels by HTTP (the default)")
    play = commands.add_parser("replay", help="play events and labels in the order in which they became known")
    play.add_argument("--pipeline", help="name of the pipeline (default: DRIFTMILL_PIPELINE)")
    play.add_argument("--source", type=Path, help="the pipeline's source.py")
    play.add_argument("--data", type=Path, help="file of events, or what the source program reads")
    play.add_argument("--labels", type=Path, help="file of labels, without a source program")
    play.add_argument("--seed", type=int, default=7)
    play.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="for the source program")
    play.add_argument("--pace", default="settled", help="settled, max, or a multiple of event time")
    play.add_argument("--step", help="chunk of event time, such as 7d (default: monitor.window)")
    play.add_argument("--topics", choices=("raw", "both"), default="raw", help="both: labels in a topic of their own")
    play.add_argument(
        "--final", action="store_true", help="nothing follows: let time pass until all outcomes are final"
    )
    play.add_argument("--settle-seconds", type=float, default=600.0)
    return parser


def _order(options: argparse.Namespace) -> Order:
    pairs = [pair.partition("=") for pair in options.option]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise ValueError(f"--option is NAME=VALUE, not {wrong[0]}")
    return Order(
        source=options.source,
        data=options.data,
        labels=options.labels,
        seed=options.seed,
        options={name: value for name, _, value in pairs},
        pace=options.pace,
        step=options.step,
        topics=options.topics,
        settle_seconds=options.settle_seconds,
        final=options.final,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
