"""A run that keeps the model that answers and offers another decision policy for it."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.chassis.keys import private_key
from services.chassis.store import Store
from services.chassis.trust import Trust
from services.contracts.baseline import Baseline
from services.contracts.decision_policy import DecisionPolicy
from services.contracts.manifest import sign
from services.contracts.pipeline import Pipeline
from services.training.adapters.answering import champion_of, manifest_in
from services.training.domain.cohort import Rows
from services.training.domain.measurement import Champion
from services.training.domain.policy_choice import PolicyChoice, choose_policy
from services.training.domain.progress import Tell
from services.training.domain.split import NotEnough
from services.training.domain.task import policy_task_of

Job = Mapping[str, Any]


def refreshed(rows: Rows, pipeline: Pipeline, job: Job, tell: Tell) -> dict[str, Any]:
    """The result of such a run: outcome, reason, report, and the candidate where there is one."""
    learnt = pipeline.label.target.task
    if not learnt.counts_positives:
        why = "the most probable class is decided" if learnt.several else "nothing is decided of numbers"
        why = why if learnt.labelled else "there are no labels to choose it by"
        return _ended("policy_suffices", f"{why}: there is no policy to choose", {})
    tell(f"scoring {len(rows):,} rows by the model that answers")
    present = champion_of(job["champion"], rows, Store(job["store"]))
    columns = {str(name): column.to_numpy() for name, column in rows.inputs.items()}
    task = policy_task_of(pipeline, job["seed"])
    tell("choosing the score from which is decided")
    found = choose_policy(rows, Baseline(pipeline).scores(columns, len(rows)), present, task)
    if isinstance(found, NotEnough):
        return _ended("not_enough", f"{found.reason}: {found.have:,} of {found.need:,}", {"rows": len(rows)})
    if not found.is_better(task.measure):
        why = f"on the newest rows {_moved(present, found)} is no better by {task.measure}"
        return _ended("policy_suffices", why, found.to_dict())
    reason = f"{_moved(present, found)} is better by {task.measure} on the newest rows, or keeps to the budget"
    return _ended("candidate", reason, found.to_dict()) | {"candidate": _signed(policy_of(found, pipeline, job), job)}


def policy_of(found: PolicyChoice, pipeline: Pipeline, job: Job) -> DecisionPolicy:
    """What is said of a policy."""
    model, run = manifest_in(job["champion"]), job["run"]
    said: Any = {
        "version": run["version"],
        "run_id": run["run_id"],
        "pipeline": pipeline.name,
        "pipeline_digest": pipeline.digest,
        "model": model["version"],
        "model_digest": model["model_digest"],
        "dataset": job["dataset"],
        "seed": job["seed"],
        **found.to_dict(),
    }
    policy: DecisionPolicy = said
    return policy


def _signed(policy: DecisionPolicy, job: Job) -> dict[str, Any]:
    """The model as it was offered, with the policy."""
    keys, described = Path(job["keys"]), job["champion"]
    signer = private_key(keys)
    content, signature = sign(policy, signer)
    return {
        "model_uri": described["model_uri"],
        "model_digest": policy["model_digest"],
        "manifest": base64.b64decode(described["manifest"]),
        "signature": base64.b64decode(described["signature"]),
        "key_id": described["key_id"],
        "policy": content,
        "policy_signature": signature,
        "policy_key_id": Trust.read(keys).id_of(signer.public_key()),
    }


def _moved(present: Champion, found: PolicyChoice) -> str:
    return f"deciding from {found.threshold:.4g} on, instead of {present.answers.threshold:.4g},"


def _ended(outcome: str, reason: str, report: Mapping[str, Any]) -> dict[str, Any]:
    return {"outcome": outcome, "reason": reason, "report": report, "candidate": None}
