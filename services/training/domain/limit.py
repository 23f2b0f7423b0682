"""Cooldown and daily budget: how long they keep a run of a model from starting. Times are the pipeline's clock."""

from dataclasses import dataclass

from services.contracts.pipeline import Pipeline
from services.training.domain.history import History, Run

_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """What keeps a run from starting. name: as the file has it. until: microseconds. last: the last run that counts."""

    name: str
    until: int
    last: Run


def limit_of(pipeline: Pipeline, history: History, clock: int) -> Limit | None:
    """The limit that holds for longest; None where a run may start."""
    limits = pipeline.retrain.limits
    counted = [run for run in history.of_models if run.outcome != "no_evidence"]
    if not counted:
        return None
    last = counted[-1]
    found = [Limit("cooldown", last.clock + limits.cooldown, last)]
    if len(counted) >= limits.per_day:
        found.append(Limit("per_day", counted[-limits.per_day].clock + _DAY, last))
    longest = max(found, key=lambda one: one.until)
    return longest if clock < longest.until else None
