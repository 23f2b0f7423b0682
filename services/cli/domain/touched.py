"""What a dataset or a model version has touched: runs, versions, the answers that they gave, and what came of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.cli.domain.control import Control
from services.cli.domain.lineage import answers, lineage, outcomes, subjects_of
from services.cli.domain.moment import moment
from services.cli.domain.trace import alert_facts, audit_facts
from services.contracts.datasets import named

Facts = dict[str, Any]
Counts = Sequence[Mapping[str, Any]]
"""As `services.lake.trace versions` tells them."""


def by_version(control: Control, counts: Counts, name: str, signature: str) -> Facts | None:
    """A version: its lineage, and what it answered, by state; None if the registry doesn't know it."""
    its = lineage(control, name, signature)
    if its is None:
        return None
    subjects = subjects_of(its)
    config = its["training"]["config"]
    return its | {
        "answers": answers(counts, name),
        "outcomes": outcomes(counts, name),
        "alerts": [alert_facts(one) for one in control.alerts if one.raised["version"] == name],
        "audit": audit_facts(control.audits(subjects, {config["digest"]} if config else ())),
    }


def by_dataset(control: Control, counts: Counts, name: str) -> Facts | None:
    """A dataset: the runs that learnt from it, the versions that came of them, and what these answered.

    name: its id, the beginning of one, or a run or version that learnt from it; None if that is none, or of several.
    """
    told = named(control.known, name)
    if told is None:
        return None
    value = told.value
    runs = [
        {
            "run": started["run_id"],
            "trigger": started["trigger"],
            "accepted": moment(started["clock"]),
            "outcome": "running" if finished is None else finished["outcome"],
            "version": None if finished is None else finished["version"],
            "reason": started["reason"] if finished is None else finished["reason"],
        }
        for started, finished in told.runs
    ]
    states = control.versions()
    versions = [str(run["version"]) for run in runs if run["version"] is not None]
    return {
        "dataset": value["dataset_id"],
        "clock": moment(value["clock"]),
        "rows": value["rows"],
        "positives": value["positives"],
        "feature_set": value["feature_set"],
        "label_policy": value["label_policy"],
        "ranges": [dict(one) for one in value["ranges"]],
        "runs": runs,
        "versions": [_version(one, states, counts) for one in versions],
        "audit": audit_facts(control.audits({*(run["run"] for run in runs), *versions})),
    }


def _version(name: str, states: Mapping[str, Any], counts: Counts) -> Facts:
    state = states[name]["to_state"] if name in states else "candidate"
    return {"version": name, "state": state, "answers": answers(counts, name), "outcomes": outcomes(counts, name)}
