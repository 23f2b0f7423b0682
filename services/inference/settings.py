"""Settings of the inference service."""

from services.chassis.settings import ChassisSettings


class InferenceSettings(ChassisSettings):
    """Inference needs what every service needs."""
