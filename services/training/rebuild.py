"""`python -m services.training.rebuild <version>`: makes a model again, and says where it differs from what it was."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from services.chassis import logs
from services.chassis.ending import end
from services.chassis.errors import Refused, Stop, TransientError
from services.chassis.recorded import Recorded
from services.contracts.manifest import Manifest, canonical
from services.contracts.pipeline import Pipeline
from services.contracts.record import Value
from services.training.adapters.champion import described
from services.training.domain.difference import Difference, differences
from services.training.settings import TrainingSettings

if TYPE_CHECKING:
    from services.training.domain.cohort import Rows

DIFFERS = 1
_TELLING = 200
"""Differences that are told one by one."""


def main(version: str) -> int:
    """Tell progress and result, one JSON object a line; returns the exit code, 1 where anything differs."""
    settings_of: Any = TrainingSettings
    try:
        settings = settings_of()
        logs.configure("training", settings.log_level)
        return rebuild(settings, version)
    except (ValueError, OSError, TransientError, Stop) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError) else 1
    except KeyboardInterrupt:
        return 130


def rebuild(settings: TrainingSettings, version: str) -> int:
    """Learn again from the rows, by the configuration and against the champion of then. Nothing is stored."""
    recorded = Recorded(settings)
    manifest = recorded.manifest(version)
    # learners take seconds to load: who names a version that isn't there need not wait for them
    from deltalake.exceptions import TableNotFoundError

    from services.training.adapters.removed import erased_from
    from services.training.work import rows_of

    pipeline = recorded.pipeline(manifest["pipeline_digest"])
    champion = manifest["measured"]["champion"]
    job = job_of(manifest, settings.store_url, None if champion is None else recorded.candidate(champion))
    job |= {"workers": settings.run_workers, "cluster": settings.run_cluster}
    try:
        rows = rows_of(pipeline, job)
    except TableNotFoundError as error:
        raise Refused(
            f"The lake at {settings.store_url} has no outcomes of {settings.pipeline} to learn from."
        ) from error
    _tell({"progress": "rows", "version": version, "rows": len(rows)})
    differing = differing_from(manifest, rows, pipeline, job)
    erased = erased_from(settings.store_url, pipeline.name, manifest["dataset"])
    told = [one._asdict() for one in sorted(differing, key=_depth)[:_TELLING]]
    ended = {"progress": "end", "version": version, "model_digest": manifest["model_digest"], "rows": len(rows)}
    _tell(ended | {"differences": told, "more": len(differing) - len(told), "erased": erased._asdict()})
    return DIFFERS if differing else 0


def job_of(manifest: Manifest, store: str, champion: Value | None) -> dict[str, Any]:
    """The job of the run that a manifest tells of, on the lake in a store. champion: as it was offered."""
    run = {"version": manifest["version"], "run_id": manifest["run_id"], "change_point": manifest.get("change_point")}
    return {
        "store": store,
        "dataset": manifest["dataset"],
        "backfilled": manifest.get("backfilled", []),
        "run": run,
        "tried": sum("members" not in trial for trial in manifest["trials"]),
        "seed": manifest["seed"],
        "image": manifest.get("image"),
        "champion": None if champion is None else described(champion),
    }


def differing_from(manifest: Manifest, rows: "Rows", pipeline: Pipeline, job: Mapping[str, Any]) -> list[Difference]:
    """Where a manifest differs from what comes of the rows of its job now."""
    from services.training.adapters.candidate import Candidate
    from services.training.work import learnt_from, manifest_of, without_candidate

    found = learnt_from(rows, pipeline, job)
    if not isinstance(found, Candidate):
        return [Difference("outcome", "candidate", without_candidate(found, len(rows))["reason"])]
    recorded = {name: told for name, told in manifest.items() if name != "cost"}
    return list(differences(recorded, orjson.loads(canonical(manifest_of(found, pipeline, job)))))


def _depth(difference: Difference) -> int:
    """What is said of the whole comes before the many numbers of its parts."""
    return difference.what.count(".") + difference.what.count("[")


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    end(main(sys.argv[1]))
