"""Wires the outcomes service."""

from services.chassis.runner import ServiceRunner, on_loop
from services.chassis.stage import Stage
from services.outcomes.settings import OutcomesSettings
from services.outcomes.step import OutcomesStep


def build(settings: OutcomesSettings) -> ServiceRunner:
    """The service, ready to run."""
    return on_loop("outcomes", settings, lambda context: Stage("outcomes", OutcomesStep(context.pipeline)))
