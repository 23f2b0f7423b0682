"""Settings of the registry service."""

from pydantic import Field

from services.chassis.settings import ChassisSettings


class RegistrySettings(ChassisSettings):
    """Beside what every service needs: what a candidate's file may take while it is tried."""

    trial_mb: int = Field(
        1024, ge=1, description="Memory for trying a candidate's file, in MiB beside what libraries take."
    )
    trial_cpu_seconds: int = Field(30, ge=1, description="Processor time for trying a candidate's file.")
    trial_seconds: float = Field(45.0, gt=0, description="Wall time for trying a candidate's file.")
    model_mb: int = Field(256, ge=1, description="Greatest size of a candidate's file, in MiB.")
