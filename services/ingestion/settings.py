"""Settings of the ingestion service."""

from pydantic import Field

from services.chassis.settings import ChassisSettings


class IngestionSettings(ChassisSettings):
    """What every service needs, and where the HTTP intake listens."""

    intake_host: str = Field("127.0.0.1", description="Address of the HTTP intake.")
    intake_port: int = Field(0, ge=0, le=65535, description="Port of the HTTP intake; 0 for a free one, see its log.")
