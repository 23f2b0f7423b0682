"""The `driftmill` command."""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from services.broker.environment import exempt_loopback
from services.chassis.errors import Stop
from services.cli.connection import TROUBLES, explained
from services.cli.failure import FAILED, OK, Failure
from services.cli.output import complain
from services.cli.supported import demand_supported

_INTERRUPTED = 130

_MODULES = {
    "broker": "broker",
    "lake": "lake",
    "audit": "audit",
    "dataset": "dataset",
    "features": "features",
    "up": "up",
    "run": "run",
    "check": "pipelines",
    "new": "pipelines",
    "apply": "pipelines",
    "publish": "publish",
    "put": "put",
    "tail": "tail",
    "status": "looks",
    "models": "looks",
    "runs": "looks",
    "alerts": "alerts",
    "quality": "quality",
    "retrain": "requests",
    "release": "release",
    "promote": "requests",
    "rollback": "requests",
    "retire": "requests",
    "approve": "requests",
    "reject": "requests",
    "verify": "verify",
    "backfill": "backfill",
    "migrate": "migrate",
    "rebuild": "rebuild",
    "experiment": "experiment",
    "experiments": "experiment",
    "card": "card",
    "export": "export",
    "explain": "explain",
    "trace": "trace",
    "report": "report",
}
"""The module of `services.cli.commands` that holds each command: none waits for the imports of another."""


def commands(named: str = "") -> typer.Typer:
    """The command with a name alone, whose module is loaded; all where none has it, so that they can be listed."""
    made = typer.Typer(
        name="driftmill",
        help="Event-driven MLOps on Apache Kafka.",
        callback=_nothing_before,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for name in [named] if named in _MODULES else _MODULES:
        one = getattr(import_module(f"services.cli.commands.{_MODULES[name]}"), name)
        if isinstance(one, typer.Typer):
            made.add_typer(one, name=name)
        else:
            made.command()(one)
    return made


def _nothing_before() -> None:
    """With it a single command keeps its name."""


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 used wrongly, 3 unsupported platform."""
    exempt_loopback()
    try:
        demand_supported()
        wanted = commands(arguments[0] if arguments else "")
        typer.main.get_command(wanted)(list(arguments), prog_name="driftmill")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK
    except Failure as error:
        complain(str(error))
        return error.code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (Stop, *TROUBLES) as error:
        complain(explained(error))
        return error.exit_code if isinstance(error, Stop) else FAILED
    except ValueError as error:
        # who raises it has loaded it: no command waits for it that doesn't read pipelines
        from services.contracts.pipeline import PipelineInvalid

        if not isinstance(error, PipelineInvalid):
            raise
        complain(str(error))
        return FAILED
    return OK


def app() -> None:
    """Entry of the command."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    app()
