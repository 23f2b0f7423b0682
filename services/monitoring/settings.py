"""Settings of the monitoring service."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.chassis.settings import ChassisSettings


class MonitoringSettings(ChassisSettings):
    """What monitoring needs beside what every service needs: the channels by which people are told of alerts."""

    # DRIFTMILL_NOTIFY_RISK_MAIL is the URL of the channel risk_mail
    model_config = SettingsConfigDict(env_nested_delimiter="_", env_nested_max_split=1)

    notify: dict[str, SecretStr] = Field(
        {},
        description="apprise URL of the channel that `monitor.notify` calls so, a variable for each: "
        "`DRIFTMILL_NOTIFY_RISK_MAIL` is that of `risk_mail`.",
    )
    notify_hours: float = Field(24.0, gt=0, description="How long a message is tried that its channel doesn't take.")
