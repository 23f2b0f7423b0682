"""Experiments beside each other, and beside the version that they were made to be compared with."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.contracts.experiment import Experiment

Numbers = Mapping[str, float | None]
Row = dict[str, Any]

_HOLDOUT = ("holdout_from", "holdout_through", "rows")


def own(experiment: Experiment) -> Numbers:
    """Metric → the experiment's measure on the hold-out; nothing where none was measured."""
    return _of("model", experiment["report"].get("measured"))


def other(experiment: Experiment) -> Numbers:
    """Metric → the measure of the version beside it: as recorded if that was on the same hold-out, else as measured on
    those rows that it hadn't seen."""
    measured, recorded = experiment["report"].get("measured"), experiment["recorded"]
    if recorded is None:
        return _of("champion", measured)
    same = measured is not None and all(recorded[name] == measured[name] for name in _HOLDOUT)
    return _of("model", recorded) if same else {}


def side_by_side(experiment: Experiment) -> list[Row]:
    """A row for each metric: the experiment, then the version beside it."""
    version, theirs = experiment["beside"], other(experiment)
    beside = {} if version is None else {version: None}
    return [
        {"metric": metric, "experiment": value} | {name: theirs.get(metric) for name in beside}
        for metric, value in own(experiment).items()
    ]


def listed(experiments: Sequence[Experiment]) -> list[Row]:
    """A row for each experiment, with a column for each metric that any of them has: `0.83 (v3: 0.81)`."""
    metrics = list(dict.fromkeys(metric for one in experiments for metric in own(one)))
    return [_row(one) | {metric: _told(one, metric) for metric in metrics} for one in experiments]


def _row(experiment: Experiment) -> Row:
    learner = experiment["report"].get("learner")
    return {
        "experiment": experiment["experiment"],
        "set": " ".join(experiment["assignments"]) or None,
        "configuration": experiment["pipeline_digest"][:12],
        "dataset": experiment["dataset"]["dataset_id"],
        "rows": experiment["dataset"]["rows"],
        "outcome": experiment["outcome"],
        "learner": None if learner is None else learner["family"],
    }


def _told(experiment: Experiment, metric: str) -> str | None:
    mine, theirs = own(experiment).get(metric), other(experiment).get(metric)
    if mine is None:
        return None
    return f"{mine:.4g}" if theirs is None else f"{mine:.4g} ({experiment['beside']}: {theirs:.4g})"


def _of(who: str, measured: Mapping[str, Any] | None) -> Numbers:
    found: dict[str, float | None] = {}
    for one in (measured or {}).get("findings", ()):
        if one["who"] == who and not one["against"] and "by" not in one:
            found.setdefault(one["metric"], one["value"])
    return found
