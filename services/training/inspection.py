"""`python -m services.training.inspection <directory>`: looks for leaks in all outcomes that the lake holds."""

import sys
from pathlib import Path
from typing import Any

import orjson

from services.chassis import logs
from services.chassis.ending import end
from services.chassis.errors import Refused, Stop
from services.contracts.pipeline import PipelineInvalid, load
from services.training.settings import TrainingSettings

_ALWAYS = 2**62
"""Microseconds: every label is known before."""


def main(directory: Path) -> int:
    """Write what is found, one JSON object a line, last how many rows were looked at; returns the exit code."""
    settings_of: Any = TrainingSettings
    try:
        settings = settings_of()
        logs.configure("training", settings.log_level)
        inspect(settings, directory)
    except (ValueError, PipelineInvalid, OSError, Stop) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError) else 1
    return 0


def inspect(settings: TrainingSettings, directory: Path) -> None:
    """Of the outcomes whose features are as a pipeline's directory defines them. Raises Refused if there are none."""
    from deltalake.exceptions import TableNotFoundError

    from services.training.adapters.dataset import everything, read_outcomes
    from services.training.domain.cohort import cohort
    from services.training.domain.finding import findings

    pipeline = load(directory)
    resolved, task = pipeline.resolved, pipeline.label.target.task
    try:
        whole = everything(settings.store_url, settings.pipeline)
    except TableNotFoundError as error:
        raise Refused(f"The lake at {settings.store_url} has no outcomes of {settings.pipeline} yet.") from error
    outcomes = read_outcomes(settings.store_url, settings.pipeline, whole)
    rows = cohort(outcomes, resolved.numbers, resolved.categories, _ALWAYS, resolved.feature_set, task=task)
    if not len(rows):
        raise Refused(
            f"Of {len(outcomes):,} outcomes at {settings.store_url} none has a label and features as {directory} "
            f"defines them ({resolved.feature_set}). Apply it, or check files."
        )
    for found in findings(rows.learnt_from(resolved.inputs)):
        _tell({"finding": found.to_dict()})
    _tell({"rows": len(rows), "positives": rows.positives if task.counts_positives else None})


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    end(main(Path(sys.argv[1])))
