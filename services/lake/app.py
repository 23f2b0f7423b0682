"""Wires the lake."""

from services.chassis.runner import ServiceRunner
from services.lake.settings import LakeSettings
from services.lake.sink import Lake


def build(settings: LakeSettings) -> ServiceRunner:
    """The service, ready to run."""
    return ServiceRunner("lake", settings, lambda context: Lake(context, settings))
