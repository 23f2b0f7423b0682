"""`driftmill verify`: whether what a pipeline promises holds of what lies in its topics."""

import sys
from typing import Annotated

import typer

from services.chassis import clock
from services.chassis.configs import applied_pipeline, codec_for
from services.cli.connection import connect
from services.cli.failure import FAILED
from services.cli.output import AsJson, say, show, show_json
from services.cli.verification import Verification, rows, verdict

_REPORT_SECONDS = 5.0


def verify(
    pipeline: Annotated[str | None, typer.Argument(help="Pipeline (default: the one last used).")] = None,
    as_json: AsJson = False,
) -> None:
    """Read all topics of a pipeline and check that everything happened exactly once; exit code 1 if not."""
    settings = connect(pipeline)
    applied = applied_pipeline(settings)
    progress = _Progress()
    invariants = Verification(settings, applied, codec_for(settings, applied), progress.report).run()
    holds = verdict(invariants)
    if as_json:
        show_json({"pipeline": applied.name, "holds": holds, "invariants": [one.to_dict() for one in invariants.all()]})
    else:
        show(list(rows(invariants)), False, "")
        for one in invariants.all():
            for text in [*one.examples, *filter(None, [one.unknown])]:
                say(f"{one.name}: {text}")
    if not holds:
        raise typer.Exit(FAILED)


class _Progress:
    """Says now and then on standard error what is being read."""

    def __init__(self) -> None:
        self._told, self._total = clock.monotonic(), 0

    def report(self, topic: str, count: int) -> None:
        self._total += count
        if clock.monotonic() - self._told > _REPORT_SECONDS:
            self._told = clock.monotonic()
            sys.stderr.write(f"{self._total:,} records read, now {topic}\n")
