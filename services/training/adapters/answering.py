"""The version that answers, as the job of a run describes it."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from services.chassis.store import Store
from services.contracts.decision_policy import DecisionPolicy
from services.contracts.manifest import Manifest
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain.cohort import Rows
from services.training.domain.decision import NOTHING
from services.training.domain.interval import Answers
from services.training.domain.measurement import Champion

Described = Mapping[str, Any]
"""As `champion.described` gives it."""


def champion_of(described: Described, rows: Rows, store: Store) -> Champion:
    """The version on some rows, with the policy that decides by its scores now."""
    manifest, policy = manifest_in(described), policy_in(described)
    scores = OnnxScorer(store.get(described["model_uri"])).scores(rows.inputs)
    if unknown := rows.task.width - scores.shape[-1] if rows.task.several else 0:
        scores = np.pad(scores, ((0, 0), (0, unknown)))  # classes that it was made without come last
    said: Mapping[str, Any] = policy or manifest
    threshold = NOTHING if said["threshold"] is None else said["threshold"]
    return Champion(said["version"], manifest["trained_through"], Answers(scores, threshold))


def manifest_in(described: Described) -> Manifest:
    """Its model's manifest."""
    found: Manifest = orjson.loads(base64.b64decode(described["manifest"]))
    return found


def policy_in(described: Described) -> DecisionPolicy | None:
    """Its policy, None if that came with the model."""
    if described.get("policy") is None:
        return None
    found: DecisionPolicy = orjson.loads(base64.b64decode(described["policy"]))
    return found
