"""Records looked at for leaks: files of them, by the features that would be served, or what the lake keeps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from services.cli.connection import offline_environment
from services.cli.failure import USAGE, Failure
from services.cli.program import rows_of
from services.contracts.pipeline import Pipeline

LAKE = "lake"
"""Stands where else a file of events does."""


@dataclass
class Inspected:
    """rows, positives: labelled ones that were looked at, positives None where labels are numbers. findings: as
    training's `Finding` tells them, leaks first."""

    rows: int = 0
    positives: int | None = 0
    findings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def leaks(self) -> int:
        """How many of them are leaks, and not only warnings."""
        return sum(one["is_leak"] for one in self.findings)

    def told(self) -> Iterator[str]:
        """For people."""
        yield from (f"{'leak' if one['is_leak'] else 'warning'}: {one['message']}" for one in self.findings)
        count = "one leak" if self.leaks == 1 else f"{self.leaks or 'no'} leaks"
        positives = "" if self.positives is None else f", {self.positives:,} of them positive"
        yield f"{self.rows:,} labelled rows{positives}: {count} found."


def inspected(pipeline: Pipeline, directory: Path, data: str, labels: Path | None) -> Inspected:
    """What is found in `lake`, or in a file of events with its file of labels, unless `label.rule` makes them. Raises
    Failure for a wrong order.

    Ends with the exit code of the program that failed, which has told why.
    """
    if data == LAKE:
        if labels is not None:
            raise Failure("--labels goes with a file of events: the lake has its own labels.", USAGE)
        return _inspected(directory, offline_environment(pipeline.name))
    _refuse_wrong(pipeline, labels)
    for path in (Path(data), labels):
        if path is not None and not path.is_file():
            raise Failure(f"There is no file {path}.", USAGE)
    with TemporaryDirectory() as folder:
        environment = offline_environment(pipeline.name)
        environment |= {"DRIFTMILL_STORE": (Path(folder) / "store").as_uri(), "DRIFTMILL_STATE": f"{folder}/state"}
        files = ["--events", str(Path(data).resolve())]
        files += [] if labels is None else ["--labels", str(labels.resolve())]
        for _ in rows_of("lake", ["label", "--directory", str(directory.resolve()), *files], environment):
            pass
        return _inspected(directory, environment)


def _refuse_wrong(pipeline: Pipeline, labels: Path | None) -> None:
    if pipeline.declared_label is None:
        raise Failure("There are no labels that a field could tell; --data lake looks for what names its rows.", USAGE)
    if "reference" in pipeline.resolved.kinds.values():
        raise Failure("Events that refer to bytes aren't looked at in files; --data lake looks at those kept.", USAGE)
    if labels is None and pipeline.label.rule is None:
        raise Failure("--data needs --labels: without labels nothing can tell them.", USAGE)
    if labels is not None and pipeline.label.rule is not None:
        raise Failure("--labels goes without label.rule, by which the labels follow from the events.", USAGE)


def _inspected(directory: Path, environment: dict[str, str]) -> Inspected:
    made = Inspected()
    for line in rows_of("training.inspection", [str(directory.resolve())], environment):
        if "finding" in line:
            made.findings.append(line["finding"])
        else:
            made.rows, made.positives = line["rows"], line["positives"]
    return made
