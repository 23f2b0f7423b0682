"""Settings of the ingestion service."""

from services.chassis.settings import ChassisSettings


class IngestionSettings(ChassisSettings):
    """Nothing beyond what every service needs."""
