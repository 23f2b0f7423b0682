"""Settings of the registry service."""

from services.chassis.settings import ChassisSettings


class RegistrySettings(ChassisSettings):
    """The registry needs what every service needs."""
