"""`python -m services.cli.demo [payments|bikes|vehicles|electricity|flights] …`: see scripts/demo."""

import sys
from collections.abc import Sequence

from rich.console import Console

from services.broker.environment import exempt_loopback, home_directory
from services.chassis.errors import Stop
from services.cli.connection import TROUBLES, explained
from services.cli.demo.closing import print_pointers, print_summary
from services.cli.demo.home import KEPT, own_home, remove
from services.cli.demo.order import DemoOrder, read_order
from services.cli.demo.performance import perform
from services.cli.demo.screen import screen_for
from services.cli.demo.stage import keep_running
from services.cli.failure import FAILED, OK, Failure
from services.cli.output import complain, show_json
from services.cli.signals import interruptible
from services.cli.supported import demand_supported
from services.contracts.pipeline import PipelineInvalid, load

_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Play a demo; returns its exit code: 0 only if the loop closed."""
    order = read_order(arguments)
    exempt_loopback()
    try:
        demand_supported()
        with interruptible():
            return _play(order, Console(stderr=order.as_json, highlight=False))
    except KeyboardInterrupt:
        complain("Interrupted; everything is stopped.")
        return _INTERRUPTED
    except Failure as error:
        complain(str(error))
        return error.code
    except (Stop, PipelineInvalid, *TROUBLES) as error:
        complain(explained(error))
        return FAILED


def _play(order: DemoOrder, console: Console) -> int:
    pipeline = load(order.directory)
    with own_home(home_directory()) as home:
        finished = False
        try:
            summary = perform(order, pipeline, home, screen_for(console))
            finished = summary.closed
        finally:
            if not finished:
                complain(f"Logs are in {home / 'logs'} until the next demo.")
        print_summary(summary, console)
        if order.as_json:
            show_json(summary.as_json())
        if order.keep:
            (home / KEPT).touch()
            keep_running(order.directory, pipeline, home, console)
        elif finished:
            remove(home)
        print_pointers(order.keep, console)
        return OK if summary.closed else FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
