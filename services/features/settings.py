"""Settings of the features service."""

from pydantic import Field

from services.chassis.settings import ChassisSettings


class FeaturesSettings(ChassisSettings):
    """Features needs what every service needs, and which of the pipeline's entities it is for."""

    entity: str = Field("", description="Entity of this stage; empty for the stage of the first one.")
