"""An experiment: what a changed configuration would have come to on a dataset. Kept in the object store as JSON.

Nothing is ever served because of it: it isn't signed, and no topic tells of it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, TypedDict

from services.contracts.manifest import canonical


class Experiment(TypedDict):
    """assignments: what was set otherwise than in the files. dataset: the DatasetExtended it learnt from. beside: the
    version that it stands beside, None for the baseline. recorded: numbers of that version on the same hold-out, as its
    manifest has them; None where they were measured here, or on other rows.
    outcome: learnt, not_enough, baseline_suffices or failed, with the reason. report: learner, trials, threshold,
    measured and importance, as manifests have them; of a failure what there is.
    """

    experiment: str
    pipeline: str
    assignments: list[str]
    pipeline_digest: str
    dataset: Mapping[str, Any]
    seed: int
    beside: str | None
    recorded: Mapping[str, Any] | None
    outcome: str
    reason: str
    report: Mapping[str, Any]
    environment: Mapping[str, str]


def named(pipeline_digest: str, dataset_id: str, beside: str | None, seed: int) -> str:
    """The name of an experiment by all that it depends on but the libraries: 12 hexadecimal digits."""
    content = canonical({"of": [pipeline_digest, dataset_id, beside, seed]})
    return hashlib.sha256(content).hexdigest()[:12]


def folder(pipeline: str) -> str:
    """Where the experiments of a pipeline lie in the object store."""
    return f"experiments/{pipeline}"


def key(pipeline: str, experiment: str) -> str:
    """Where one lies."""
    return f"{folder(pipeline)}/{experiment}.json"
