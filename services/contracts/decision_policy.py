"""A decision policy that came after its model: the score from which is decided positive, and what it is judged by.

It is signed, and travels as canonical JSON, as manifests do. The first policy of a model is in its manifest.
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

NO_POLICY: Mapping[str, Any] = {"policy": None, "policy_signature": None, "policy_key_id": ""}
"""What is told of a version whose policy came with its model."""


class DecisionPolicy(TypedDict):
    """What is said of a policy.

    version: a ReleaseName. model, model_digest: for whose scores it decides. dataset: the DatasetExtended it was made
    from. threshold: the score from which is decided positive. chosen_from, chosen_through: event times in microseconds
    of the rows that chose it. measured: the numbers for the gate, beside the policy that decides now. budget: how many
    positive decisions a period are allowed, and were made on the hold-out by this policy (`decided`) and by the one
    that decides now (`before`), where the pipeline limits them.
    """

    version: str
    run_id: str
    pipeline: str
    pipeline_digest: str
    model: str
    model_digest: str
    dataset: Mapping[str, Any]
    threshold: float
    chosen_from: int
    chosen_through: int
    measured: Mapping[str, Any]
    budget: NotRequired[Mapping[str, Any]]
    seed: int
