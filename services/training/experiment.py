"""`python -m services.training.experiment <directory or file>`: what a changed configuration would have come to."""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from services.chassis import logs
from services.chassis.configs import applied_pipeline, bare_codec
from services.chassis.ending import end
from services.chassis.errors import Refused, Stop, TransientError
from services.chassis.reading import read_topic
from services.chassis.recorded import Recorded
from services.chassis.store import STORE_ERRORS, Store
from services.contracts.experiment import Experiment, key, named
from services.contracts.manifest import canonical
from services.contracts.pipeline import Pipeline, load
from services.training.adapters.champion import Champions, described
from services.training.settings import TrainingSettings

NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Ground:
    """What an experiment stands on. served: the pipeline whose vectors the rows hold. backfilled: how far a backfill of
    them is read. champion: the version that is measured beside it on the same rows, as jobs know it. beside: the
    version whose numbers are shown beside it. recorded: what was measured of that version, where it isn't measured
    here."""

    dataset: Mapping[str, Any]
    served: Pipeline
    backfilled: Sequence[Mapping[str, int]]
    champion: Mapping[str, Any] | None
    beside: str | None
    recorded: Mapping[str, Any] | None
    change_point: int | None
    seed: int


def main(arguments: Sequence[str]) -> int:
    """Tell progress and result, one JSON object a line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.training.experiment")
    parser.add_argument("path", type=Path, help="directory of a pipeline, or a file beside its schemas")
    parser.add_argument("--set", action="append", default=[], dest="assignments")
    parser.add_argument("--dataset", default=NEWEST, help="a model version, whose rows are taken, or newest")
    options = parser.parse_args(arguments)
    settings_of: Any = TrainingSettings
    try:
        settings = settings_of()
        logs.configure("training", settings.log_level)
        pipeline = load(options.path, options.assignments)
        experiment(settings, pipeline, options.dataset, options.assignments)
    except (ValueError, TransientError, Stop, *STORE_ERRORS) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def experiment(settings: TrainingSettings, pipeline: Pipeline, dataset: str, assignments: Sequence[str]) -> None:
    """Learn by a configuration from the rows of a dataset, and keep what comes of it, which is never a candidate.

    Raises Refused, TransientError.
    """
    ground = _newest(settings) if dataset == NEWEST else _of_version(settings, dataset)
    _refuse_unserved(ground.served, pipeline)
    from deltalake.exceptions import TableNotFoundError

    from services.training.adapters.environment import environment
    from services.training.work import learnt_from, rows_of

    job = {
        "store": settings.store_url,
        "dataset": ground.dataset,
        "backfilled": ground.backfilled,
        "run": {"change_point": ground.change_point},
        "seed": ground.seed,
        "champion": ground.champion,
        "workers": settings.run_workers,
        "cluster": settings.run_cluster,
    }
    try:
        rows = rows_of(pipeline, job, ground.served)
    except TableNotFoundError as error:
        raise Refused(
            f"The lake at {settings.store_url} has no outcomes of {settings.pipeline} to learn from."
        ) from error
    _tell({"progress": "rows", "rows": len(rows), "dataset": ground.dataset["dataset_id"]})
    found = learnt_from(rows, pipeline, job, lambda step: _tell({"progress": "step", "step": step}))
    told = result(found, len(rows))
    name = named(pipeline.digest, ground.dataset["dataset_id"], ground.beside, ground.seed)
    made: Experiment = {
        "experiment": name,
        "pipeline": settings.pipeline,
        "assignments": list(assignments),
        "pipeline_digest": pipeline.digest,
        "dataset": ground.dataset,
        "seed": ground.seed,
        "beside": ground.beside,
        "recorded": ground.recorded,
        "outcome": told["outcome"],
        "reason": told["reason"],
        "report": told["report"],
        "environment": environment(),
    }
    content = canonical(made)
    Store(settings.store_url).put(key(settings.pipeline, name), content)
    _tell({"progress": "end", **orjson.loads(content)})


def _newest(settings: TrainingSettings) -> Ground:
    """The newest dataset, and the version that answers now."""
    codec = bare_codec(settings)
    datasets = read_topic(settings, codec, "datasets")
    if not datasets:
        raise Refused(f"{settings.pipeline} has no dataset yet: no outcomes have matured.")
    champions = Champions(settings, codec)
    try:
        version = champions.current()
        champion = None if version is None else champions.described(version)
    finally:
        champions.close()
    from services.training.adapters.backfill import reach_of

    served = applied_pipeline(settings)
    reach = reach_of(settings.store_url, served)
    return Ground(datasets[-1].value, served, reach, champion, version, None, None, settings.run_seed)


def _of_version(settings: TrainingSettings, version: str) -> Ground:
    """The rows that a version was made of, and what it was compared with."""
    recorded = Recorded(settings)
    manifest = recorded.manifest(version)
    rival = manifest["measured"]["champion"]
    return Ground(
        manifest["dataset"],
        recorded.pipeline(manifest["pipeline_digest"]),
        manifest.get("backfilled", []),
        None if rival is None else described(recorded.candidate(rival)),
        version,
        manifest["measured"],
        manifest.get("change_point"),
        manifest["seed"],
    )


def _refuse_unserved(served: Pipeline, pipeline: Pipeline) -> None:
    """Rows hold what was sent to the model when they were answered, and nothing else."""
    if pipeline.name != served.name:
        raise Refused(f"This is the pipeline {pipeline.name}; the rows are those of {served.name}.")
    lacking = served.resolved.layout.lacks(pipeline.resolved.layout.digests)
    lacking += [f"{name} (no slice then)" for name in pipeline.event.groups if name not in served.event.groups]
    if lacking:
        raise Refused(
            f"The rows lack {', '.join(lacking)}. An experiment takes them as they were served: apply the pipeline, "
            "and try it once enough outcomes have matured."
        )


def result(found: Any, rows: int) -> dict[str, Any]:
    """What comes of a run's rows, as an experiment holds it. rows: how many these are."""
    from services.training.adapters.candidate import Candidate
    from services.training.work import without_candidate

    if not isinstance(found, Candidate):
        return without_candidate(found, rows)
    evaluation = found.evaluation
    learner = evaluation.released.configuration
    report = {
        "learner": learner.to_dict(),
        "trials": [trial.to_dict() for trial in evaluation.trials],
        "threshold": None if math.isnan(evaluation.threshold) else evaluation.threshold,
        "measured": evaluation.measured.to_dict(),
        "importance": [one.to_dict() for one in evaluation.importance],
        "refused": dict(found.refused),
    }
    return {"outcome": "learnt", "reason": f"{learner} was best on the validation rows", "report": report}


def _tell(line: Mapping[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    end(main(sys.argv[1:]))
