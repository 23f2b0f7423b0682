"""Wires the features service."""

from services.chassis.context import Context
from services.chassis.errors import Refused
from services.chassis.runner import Runnable, on_loop
from services.contracts.topics import stage_of
from services.features.settings import FeaturesSettings
from services.features.step import FeaturesStep


def build(settings: FeaturesSettings) -> Runnable:
    """One stage of the features service; each has a group, transactions and state of its own."""
    stage = stage_of(settings.entity)

    def step(context: Context) -> FeaturesStep:
        stages = context.pipeline.resolved.stages
        if stage not in stages:
            raise Refused(
                f"Pipeline {context.pipeline.name} has no {stage}; it has {', '.join(stages)}. Set DRIFTMILL_ENTITY "
                "to a further entity that has features, or leave it empty for the first one."
            )
        return FeaturesStep(context.pipeline, settings.partitions, stages.index(stage))

    return on_loop(stage, settings, step)
