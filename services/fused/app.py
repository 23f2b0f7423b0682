"""Wires stages of several services into one process."""

from collections.abc import Callable
from functools import partial

from services.chassis.context import Context
from services.chassis.errors import Refused
from services.chassis.runner import Runnable, on_loop
from services.chassis.stage import Stage
from services.contracts.topics import JOINED
from services.features import app as features
from services.fused.domain.selection import refusal
from services.fused.settings import FusedSettings
from services.inference import app as inference
from services.validation import app as validation


def build(settings: FusedSettings) -> Runnable:
    """The stages that the settings name, each fed by the one before it, in one transaction a batch."""
    chosen = settings.stages.split(JOINED)

    def made(name: str, context: Context) -> Stage:
        if why := refusal(chosen, context.pipeline.resolved.stages, settings.partitions):
            raise Refused(why)
        return _stage(name, settings)(context)

    return on_loop(settings.stages, settings, *(partial(made, name) for name in chosen))


def _stage(name: str, settings: FusedSettings) -> Callable[[Context], Stage]:
    if name == "validation":
        return lambda context: validation.stage(context, settings)
    if name == "inference":
        return inference.stage
    return lambda context: features.stage(context, name)
