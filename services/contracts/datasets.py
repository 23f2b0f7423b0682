"""Datasets as the control topics tell of them, each with the runs that learnt from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.contracts.pipeline.learning_task import BINARY, LearningTask
from services.contracts.record import Record, Value


@dataclass(slots=True)
class Told:
    """A DatasetExtended, and of each run from it the RunStarted with its RunFinished, None while it is open."""

    value: Value
    runs: list[tuple[Value, Value | None]] = field(default_factory=list)

    @property
    def profile(self) -> str | None:
        """Key of the object that holds its profile: every run makes the same, and those of old made none."""
        kept = (orjson.loads(finished["report"]).get("profile") for _, finished in self.runs if finished)
        return next((str(key) for key in kept if key), None)


def datasets(extended: Iterable[Record], runs: Iterable[Record]) -> list[Told]:
    """All that are known, in the order of their clocks. extended: of `datasets`. runs: of `runs`."""
    found = {record.value["dataset_id"]: Told(record.value) for record in extended}
    started: dict[str, tuple[Told, int]] = {}
    for record in runs:
        value = record.value
        if record.kind == "driftmill.RunStarted":
            told = found.setdefault(value["dataset_id"], Told(orjson.loads(value["dataset"])))
            started[value["run_id"]] = told, len(told.runs)
            told.runs.append((value, None))
        elif record.kind == "driftmill.RunFinished" and value["run_id"] in started:
            told, number = started[value["run_id"]]
            told.runs[number] = told.runs[number][0], value
    return sorted(found.values(), key=lambda told: int(told.value["clock"]))


def named(known: Sequence[Told], name: str) -> Told | None:
    """The one that a dataset id, the beginning of one, a run or a model version names."""
    for told in known:
        if any(name in (started["run_id"], started["version"]) for started, _ in told.runs):
            return told
    those = [told for told in known if str(told.value["dataset_id"]).startswith(name)]
    return those[0] if len(those) == 1 else None


def before(known: Sequence[Told], told: Told) -> Told | None:
    """The last one before it that has a profile."""
    earlier = [one for one in known if one.value["clock"] < told.value["clock"] and one.profile]
    return earlier[-1] if earlier else None


def row(
    told: Told, moved: Mapping[str, float], profile: Mapping[str, Any] | None, task: LearningTask = BINARY
) -> dict[str, Any]:
    """One line about it. moved: index of each column against the last one, the most moved first.

    positives, share: None where labels are numbers.
    """
    value = told.value
    started, finished = told.runs[-1] if told.runs else (None, None)
    name, index = next(iter(moved.items()), (None, None))
    outcome = finished["outcome"] if finished else "running"
    return {
        "dataset": value["dataset_id"],
        "rows": value["rows"],
        "positives": value["positives"] if task.counts_positives else None,
        "share": value["positives"] / value["rows"] if value["rows"] and task.counts_positives else None,
        "run": started["run_id"] if started else None,
        "outcome": outcome if started else None,
        "version": finished["version"] if finished else None,
        "most_moved": name,
        "psi": index,
        "findings": None if profile is None else len(profile["findings"]),
    }
