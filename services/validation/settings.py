"""Settings of the validation service."""

from pydantic import Field, SecretStr

from services.chassis.settings import ChassisSettings


class ValidationSettings(ChassisSettings):
    """What every service needs, and the key that masks personal data."""

    pii_key: SecretStr = Field(
        SecretStr(""),
        description="Key (hexadecimal) that masks fields marked `pii: hash`; empty for one kept under the home.",
    )
