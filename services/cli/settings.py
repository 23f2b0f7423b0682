"""Settings of the command."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CliSettings(BaseSettings):
    """What the command itself takes from the environment."""

    model_config = SettingsConfigDict(env_prefix="DRIFTMILL_", frozen=True, extra="ignore")

    pipeline: str | None = Field(None, description="Pipeline that commands are about, unless --pipeline names one.")
