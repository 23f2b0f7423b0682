"""Settings of the validation service."""

from pydantic import Field, SecretStr

from services.chassis.settings import ChassisSettings


class ValidationSettings(ChassisSettings):
    """What every service needs, the key that masks personal data, and how long one raw topic waits for the other."""

    pii_key: SecretStr = Field(
        SecretStr(""),
        description="Key (hexadecimal) that masks fields marked `pii: hash`; empty for one kept under the home.",
    )
    merge_idle_seconds: float = Field(
        5.0,
        ge=0,
        description="How long a raw topic must have been quiet at its end before the other, which is ahead, goes on.",
    )
