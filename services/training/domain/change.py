"""What an applied file says otherwise than that by which the last run learnt."""

from dataclasses import dataclass

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.retrain import Part
from services.training.domain.history import History
from services.training.domain.recipe import recipe


@dataclass(frozen=True, slots=True)
class Change:
    """parts: of the file, those that differ. tried: the clock of the first run that learnt by them but found too few
    rows, as when only few have new features yet; None if there was none."""

    parts: tuple[Part, ...]
    tried: int | None


def change_of(pipeline: Pipeline, history: History) -> Change | None:
    """What has changed of the parts that the file asks a run for; None for nothing.

    Of runs by a version of Driftmill that didn't record what they learnt by, nothing is known.
    """
    asked = dict.fromkeys(part for trigger in pipeline.retrain.when for part in trigger.changed or ())
    now, tried = recipe(pipeline), None
    for run in reversed(history.of_models):
        before = {"features": run.features, "model": run.model}
        if run.outcome == "not_enough" and before == now:
            tried = run.clock
        elif run.outcome != "no_evidence":
            differing = tuple(part for part in asked if before[part] not in ("", now[part]))
            return Change(differing, tried) if differing else None
    return None
