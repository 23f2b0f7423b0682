"""Settings of the outcomes service."""

from services.chassis.settings import ChassisSettings


class OutcomesSettings(ChassisSettings):
    """Nothing beyond what every service needs."""
