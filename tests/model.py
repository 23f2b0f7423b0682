"""A small signed model for a pipeline under test."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from services.chassis.keys import private_key
from services.chassis.store import Store
from services.contracts.manifest import canonical
from services.contracts.pipeline import Pipeline
from services.training.adapters.onnx_export import digest, export
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain.cohort import Rows
from services.training.domain.learner import Configuration, fit


def published(
    pipeline: Pipeline, store: Store, keys: Path, version: str, sequence: int, seed: int = 0
) -> dict[str, Any]:
    """A ModelPublished whose file lies in the store and whose manifest is signed; its scores follow `amount`."""
    task = pipeline.label.target.task
    learner = (
        Configuration("logistic", (("C", 1.0),)) if task.classifies else Configuration("linear", (("alpha", 1.0),))
    )
    content = export(fit(learner, _rows(pipeline, seed), seed))
    uri = f"models/{pipeline.name}/{digest(content)}.onnx"
    store.put(uri, content)
    layout, rows = pipeline.resolved.layout, _rows(pipeline, seed).take(np.arange(64))
    said: dict[str, Any] = {"version": version, "model_digest": digest(content)}
    said |= {"threshold": 0.5 if task.has_classes else None, "trained_through": 0, "pipeline": pipeline.name}
    said |= {"pipeline_digest": pipeline.digest, "feature_set": layout.feature_set}
    said |= {"classes": list(task.names)} if task.several else {}
    said |= {} if task.classifies else {"interval": {"coverage": 0.9, "half_width": 0.3}}
    said |= {"numbers": layout.numbers, "categories": layout.categories, "input_digests": dict(layout.digests)}
    golden = {
        "numbers": rows.inputs[list(layout.numbers)].to_numpy(float).tolist(),
        "categories": rows.inputs[list(layout.categories)].to_numpy(object).tolist(),
        "scores": OnnxScorer(content).scores(rows.inputs).tolist(),
    }
    manifest = canonical(said | {"golden": golden})
    return {
        "version": version,
        "state": "champion",
        "sequence": sequence,
        "clock": 0,
        "model_uri": uri,
        "model_digest": digest(content),
        "manifest": manifest,
        "signature": private_key(keys).sign(manifest),
        "key_id": "signing",
    }


def _rows(pipeline: Pipeline, seed: int) -> Rows:
    rng, rows = np.random.default_rng(seed), 400
    resolved = pipeline.resolved
    columns: dict[str, Any] = {name: rng.normal(size=rows).astype(np.float32) for name in resolved.numbers}
    columns |= {name: rng.choice(["a", "b"], rows).astype(object) for name in resolved.categories}
    signal = columns[resolved.numbers[0]] + rng.normal(size=rows)
    task = pipeline.label.target.task
    label = np.digitize(signal, np.linspace(-0.5, 0.5, max(len(task.names) - 1, 1))) if task.several else signal > 0
    label = label.astype(np.int8) if task.classifies else signal
    times = np.arange(rows, dtype=np.int64)
    return Rows(times, times, label, pd.DataFrame(columns), resolved.numbers, resolved.categories, task=task)


def decided_otherwise(
    published: dict[str, Any], keys: Path, number: int, threshold: float, **said: Any
) -> dict[str, Any]:
    """The same ModelPublished with a later policy, which is signed. said: what the policy says otherwise."""
    version = f"{published['version']}.p{number}"
    about = {"version": version, "model": published["version"], "model_digest": published["model_digest"]}
    policy = canonical(about | {"threshold": threshold} | said)
    signed = {"policy": policy, "policy_signature": private_key(keys).sign(policy), "policy_key_id": "signing"}
    return published | {"version": version, "sequence": published["sequence"] + 1} | signed
