"""Settings of stages that share a process."""

from pydantic import Field

from services.validation.settings import ValidationSettings


class FusedSettings(ValidationSettings):
    """What the services need of which stages are taken, and which they are."""

    stages: str = Field(description="Stages that share the process, joined by +, in the order of the flow.")
