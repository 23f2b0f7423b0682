"""Wires the validation service."""

from services.chassis.context import Context
from services.chassis.runner import Runnable, on_loop
from services.chassis.stage import Stage
from services.validation.adapters.pii_key import pii_key
from services.validation.settings import ValidationSettings
from services.validation.step import ValidationStep


def build(settings: ValidationSettings) -> Runnable:
    """The validation service."""
    return on_loop("validation", settings, lambda context: stage(context, settings))


def stage(context: Context, settings: ValidationSettings) -> Stage:
    """The service's part of the flow."""
    masks = any(field.pii for field in context.pipeline.event.fields.values())
    key = pii_key(settings.pii_key.get_secret_value(), settings.home) if masks else b""
    step = ValidationStep(context.pipeline, settings.partitions, key, settings.merge_idle_seconds * 1000)
    return Stage("validation", step)
