"""Wires the features service."""

from services.chassis.runner import Runnable, on_loop
from services.features.settings import FeaturesSettings
from services.features.step import FeaturesStep


def build(settings: FeaturesSettings) -> Runnable:
    """The features service."""
    return on_loop("features", settings, lambda context: FeaturesStep(context.pipeline))
