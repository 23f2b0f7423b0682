"""The `driftmill` command."""

import sys
from collections.abc import Sequence

import typer

from services.broker.environment import exempt_loopback
from services.chassis.errors import Stop
from services.cli.commands.audit import audit
from services.cli.commands.backfill import backfill
from services.cli.commands.broker import broker
from services.cli.commands.card import card
from services.cli.commands.dataset import dataset
from services.cli.commands.experiment import experiment, experiments
from services.cli.commands.explain import explain
from services.cli.commands.export import export
from services.cli.commands.features import features
from services.cli.commands.lake import lake
from services.cli.commands.looks import alerts, models, runs, status
from services.cli.commands.migrate import migrate
from services.cli.commands.pipelines import apply, check, new
from services.cli.commands.publish import publish
from services.cli.commands.quality import quality
from services.cli.commands.rebuild import rebuild
from services.cli.commands.release import release
from services.cli.commands.requests import approve, promote, reject, retire, retrain, rollback
from services.cli.commands.run import run
from services.cli.commands.tail import tail
from services.cli.commands.up import up
from services.cli.commands.verify import verify
from services.cli.connection import TROUBLES, explained
from services.cli.failure import FAILED, OK, Failure
from services.cli.output import complain
from services.cli.supported import demand_supported
from services.contracts.pipeline import PipelineInvalid

_INTERRUPTED = 130


def commands() -> typer.Typer:
    """All commands."""
    made = typer.Typer(
        name="driftmill",
        help="Event-driven MLOps on Apache Kafka.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    made.add_typer(broker, name="broker")
    made.add_typer(lake, name="lake")
    made.add_typer(audit, name="audit")
    made.add_typer(dataset, name="dataset")
    made.add_typer(features, name="features")
    for one in (
        up,
        run,
        check,
        new,
        apply,
        publish,
        tail,
        status,
        models,
        runs,
        alerts,
        quality,
        retrain,
        release,
        promote,
        rollback,
        retire,
        approve,
        reject,
        verify,
        backfill,
        migrate,
        rebuild,
        experiment,
        experiments,
        card,
        export,
        explain,
    ):
        made.command()(one)
    return made


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 used wrongly, 3 unsupported platform."""
    exempt_loopback()
    try:
        demand_supported()
        typer.main.get_command(commands())(list(arguments), prog_name="driftmill")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK
    except Failure as error:
        complain(str(error))
        return error.code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (Stop, PipelineInvalid, *TROUBLES) as error:
        complain(explained(error))
        return error.exit_code if isinstance(error, Stop) else FAILED
    return OK


def app() -> None:
    """Entry of the command."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    app()
