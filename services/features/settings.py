"""Settings of the features service."""

from services.chassis.settings import ChassisSettings


class FeaturesSettings(ChassisSettings):
    """Features needs what every service needs."""
