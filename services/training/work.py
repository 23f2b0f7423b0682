"""`python -m services.training.work <folder>`: works on one run, from `job.json` to `result.json`.

The same job gives the same result, but for what serving the file costs: so a run that was cut off is simply begun anew.
"""

import math
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import orjson

from services.chassis.ending import end, end_with_parent
from services.chassis.errors import Refused
from services.chassis.keys import private_key
from services.chassis.store import Store
from services.chassis.trust import Trust
from services.contracts.baseline import Baseline
from services.contracts.manifest import Manifest, canonical, sign
from services.contracts.pipeline import Pipeline
from services.contracts.release_name import ReleaseName
from services.training.adapters.answering import champion_of, manifest_in
from services.training.adapters.backfill import filled, reach_of
from services.training.adapters.candidate import Candidate, NoFaithfulFile, learn
from services.training.adapters.crew import crew
from services.training.adapters.dataset import read_outcomes
from services.training.adapters.environment import environment
from services.training.adapters.onnx_export import digest
from services.training.adapters.own_learners import own_learners
from services.training.adapters.refresh import refreshed
from services.training.adapters.serving import served_apart
from services.training.adapters.workshop import JOB, write_result, write_step
from services.training.domain.cohort import Rows, cohort
from services.training.domain.cost import priced
from services.training.domain.dataset_profile import profile
from services.training.domain.evaluation import BaselineSuffices, Task
from services.training.domain.injection import injected
from services.training.domain.progress import Tell, silent
from services.training.domain.recipe import recipe
from services.training.domain.search import begun_with
from services.training.domain.split import NotEnough, Split, split
from services.training.domain.task import task_of

Job: TypeAlias = Mapping[str, Any]
Without: TypeAlias = NotEnough | NoFaithfulFile | BaselineSuffices


def main(folder: Path) -> int:
    """Work on the run of a folder; returns the exit code."""
    end_with_parent()
    job: Job = orjson.loads((folder / JOB).read_bytes())
    os.nice(job["nice"])
    write_result(folder, work(job, lambda step: write_step(folder, step)))
    return 0


def work(job: Job, tell: Tell = silent) -> dict[str, Any]:
    """The result of a run: outcome, reason, report, and the candidate where there is one. The report names the object
    that holds the dataset's profile. tell: is told each step."""
    pipeline = Pipeline.from_texts(job["texts"])
    job = {**job, "backfilled": reach_of(job["store"], pipeline)}
    try:
        rows = rows_of(pipeline, job)
        if ReleaseName.of(job["run"]["version"]).is_refreshed:
            return refreshed(rows, pipeline, job, tell) | {"recipe": recipe(pipeline)}
        kept = {"profile": _profiled(rows, pipeline, job)}
        tell(f"learning from {len(rows):,} rows")
        found = learnt_from(rows, pipeline, job, tell)
    except Refused as error:
        return _ended("failed", str(error), {}) | {"recipe": recipe(pipeline)}
    made = _proposed(found, pipeline, job) if isinstance(found, Candidate) else without_candidate(found, len(rows))
    return made | {"report": made["report"] | kept, "recipe": recipe(pipeline)}


def rows_of(pipeline: Pipeline, job: Job, served: Pipeline | None = None) -> Rows:
    """The rows that a job learns from. served: the pipeline whose vectors they hold, if it is another one."""
    vectors, dataset = (served or pipeline).resolved, job["dataset"]
    outcomes = read_outcomes(job["store"], pipeline.name, dataset)
    outcomes = filled(outcomes, job["backfilled"], job["store"], served or pipeline)
    columns, groups = (vectors.numbers, vectors.categories), pipeline.event.groups
    rows = cohort(outcomes, *columns, dataset["clock"], vectors.feature_set, groups, pipeline.label.target.task)
    rows = rows.learnt_from(pipeline.resolved.inputs)
    if (clean := pipeline.model.clean) is not None:
        rows = rows.between(clean.since, clean.to)
    if pipeline.model.decide is not None and pipeline.model.decide.at_most is not None:
        rows = replace(rows, traffic=outcomes["event_time"].to_numpy(np.int64))
    return rows if pipeline.model.cost is None else priced(rows, pipeline.model.cost)


def _profiled(rows: Rows, pipeline: Pipeline, job: Job) -> str:
    """Keep the profile of a run's dataset, named by its content."""
    rule = _task(pipeline, job).rule
    made = split(rows, rule) if rule.apart else None
    apart = made if isinstance(made, Split) else None
    dataset = {name: job["dataset"][name] for name in ("dataset_id", "clock")}
    told = {**dataset, "feature_set": pipeline.resolved.feature_set, **profile(rows, pipeline.resolved.digests, apart)}
    content = canonical(told)
    uri = f"datasets/{pipeline.name}/{digest(content)}.json"
    Store(job["store"]).put(uri, content)
    return uri


def learnt_from(rows: Rows, pipeline: Pipeline, job: Job, tell: Tell = silent) -> Candidate | Without:
    """What rows lead to: the same ones to the same. Raises Refused if its workers can't be reached."""
    if not rows.task.labelled and len(rows):
        rows = injected(rows, job["seed"])
    columns = {str(name): column.to_numpy() for name, column in rows.inputs.items()}
    baseline = Baseline(pipeline).scores(columns, len(rows))
    described = job["champion"]
    champion = None if described is None else champion_of(described, rows, Store(job["store"]))
    with crew(job.get("workers", 1), job.get("cluster", "")) as workers:
        return learn(rows, _task(pipeline, job), baseline, champion, tell, workers)


def _task(pipeline: Pipeline, job: Job) -> Task:
    """What a job is to do. One that is done again tries as many configurations as were tried then, however long it
    takes."""
    first = () if job["champion"] is None else begun_with(manifest_in(job["champion"])["learner"])
    task = task_of(pipeline, job["dataset"]["clock"], job["seed"], job["run"]["change_point"], first)
    task = replace(task, space=replace(task.space, own=own_learners(pipeline)))
    if (tried := job.get("tried")) is None or task.space.search is None:
        return task
    return replace(task, space=replace(task.space, search=replace(task.space.search, trials=tried, seconds=None)))


def without_candidate(found: Without, rows: int) -> dict[str, Any]:
    """The result of a run that offers no model. rows: how many it learnt from."""
    if isinstance(found, NotEnough):
        return _ended("not_enough", f"{found.reason}: {found.have:,} of {found.need:,}", {"rows": rows})
    if isinstance(found, NoFaithfulFile):
        return _ended("failed", "no learner's ONNX file scores as the learner", {"refused": dict(found.refused)})
    report = {"measured": found.measured.to_dict(), "trials": [trial.to_dict() for trial in found.trials]}
    refused = {"refused": dict(found.refused)} if found.refused else {}
    return _ended("baseline_suffices", "no learner was better than the baseline on the hold-out", report | refused)


def _ended(outcome: str, reason: str, report: Mapping[str, Any]) -> dict[str, Any]:
    return {"outcome": outcome, "reason": reason, "report": report, "candidate": None}


def _proposed(found: Candidate, pipeline: Pipeline, job: Job) -> dict[str, Any]:
    manifest = manifest_of(found, pipeline, job)
    manifest["cost"] = served_apart(found.content, manifest["numbers"], manifest["categories"], found.stretch)
    keys, store = Path(job["keys"]), Store(job["store"])
    signer = private_key(keys)
    content, signature = sign(manifest, signer)
    uri = f"models/{pipeline.name}/{found.digest}.onnx"
    store.put(uri, found.content)
    store.put(manifest["stretch"]["uri"], canonical(found.stretch))
    report = {
        name: manifest[name] for name in ("learner", "trials", "measured", "leakage", "parity", "trained_through")
    }
    learner = found.evaluation.released.configuration
    return {
        "outcome": "candidate",
        "reason": f"{learner} was best on the validation rows",
        "report": report | {"refused": dict(found.refused)},
        "candidate": {
            "model_uri": uri,
            "model_digest": found.digest,
            "manifest": content,
            "signature": signature,
            "key_id": Trust.read(keys).id_of(signer.public_key()),
        },
    }


def manifest_of(found: Candidate, pipeline: Pipeline, job: Job) -> Manifest:
    """What is said of a candidate: all but what serving it costs."""
    resolved, evaluation, run = pipeline.resolved, found.evaluation, job["run"]
    recorded = digest(canonical(found.stretch))
    manifest: Manifest = {
        "version": run["version"],
        "run_id": run["run_id"],
        "pipeline": pipeline.name,
        "pipeline_digest": pipeline.digest,
        "model_digest": found.digest,
        "dataset": job["dataset"],
        "feature_set": resolved.feature_set,
        "numbers": [name for name in resolved.numbers if name in resolved.inputs],
        "categories": [name for name in resolved.categories if name in resolved.inputs],
        "input_digests": {name: resolved.digests[name] for name in resolved.inputs},
        "learner": evaluation.released.configuration.to_dict(),
        "share_of_negatives": evaluation.released.share_of_negatives,
        "change_point": run["change_point"],
        "trials": [trial.to_dict() for trial in evaluation.trials],
        "threshold": None if math.isnan(evaluation.threshold) else evaluation.threshold,
        "trained_from": evaluation.trained_from,
        "trained_through": evaluation.trained_through,
        "measured": evaluation.measured.to_dict(),
        "importance": [one.to_dict() for one in evaluation.importance],
        "robustness": [one.to_dict() for one in evaluation.robustness],
        "errors": [one.to_dict() for one in evaluation.errors],
        "leakage": [one.to_dict() for one in evaluation.leakage],
        "parity": found.parity.to_dict(),
        "golden": found.golden,
        "stretch": {
            "uri": f"models/{pipeline.name}/{recorded}.stretch.json",
            "digest": recorded,
            "rows": len(found.stretch["scores"]),
        },
        "seed": job["seed"],
        "environment": environment(),
    }
    return cast(Manifest, {**manifest, **_further(found, pipeline, job)})


def _further(found: Candidate, pipeline: Pipeline, job: Job) -> dict[str, Any]:
    """What is said only of those that have it."""
    evaluation, interval = found.evaluation, pipeline.model.interval
    task = evaluation.released.task
    parts: dict[str, Any] = {
        "image": job.get("image"),
        "members": found.members,
        "refused": found.refused,
        "budget": None if evaluation.budget is None else evaluation.budget.to_dict(),
        "backtest": [one.to_dict() for one in evaluation.backtest],
        "backfilled": list(job["backfilled"] or ()),
        "classes": list(task.names),
        "unit": None if task.decides else evaluation.released.unit,
    }
    if evaluation.half_width is not None and interval is not None:
        parts["interval"] = {"coverage": interval, "half_width": evaluation.half_width}
    return {name: part for name, part in parts.items() if part}


if __name__ == "__main__":
    end(main(Path(sys.argv[1])))
