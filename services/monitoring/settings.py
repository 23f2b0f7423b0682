"""Settings of the monitoring service."""

from services.chassis.settings import ChassisSettings


class MonitoringSettings(ChassisSettings):
    """Monitoring needs what every service needs."""
