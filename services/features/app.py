"""Wires the features service."""

from services.chassis.context import Context
from services.chassis.errors import Refused
from services.chassis.references import References
from services.chassis.runner import Runnable, on_loop
from services.chassis.stage import Stage
from services.contracts.topics import stage_of
from services.features.settings import FeaturesSettings
from services.features.step import FeaturesStep


def build(settings: FeaturesSettings) -> Runnable:
    """One stage of the features service; each has a group, transactions and state of its own."""
    name = stage_of(settings.entity)
    return on_loop(name, settings, lambda context: stage(context, name))


def stage(context: Context, name: str) -> Stage:
    """The part of the flow that is one entity's. Raises Refused if the pipeline has no such stage."""
    stages = context.pipeline.resolved.stages
    if name not in stages:
        raise Refused(
            f"Pipeline {context.pipeline.name} has no {name}; it has {', '.join(stages)}. Set DRIFTMILL_ENTITY "
            "to a further entity that has features, or leave it empty for the first one."
        )
    resolve = References(context.store).resolve
    return Stage(name, FeaturesStep(context.pipeline, context.settings.partitions, stages.index(name), resolve))
