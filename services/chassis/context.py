"""What a service's work is built from, once the environment is there."""

import threading
from dataclasses import dataclass

from services.chassis.codec import Codec
from services.chassis.health import Health
from services.chassis.metrics import Metrics
from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.contracts.pipeline import Pipeline

_RAW = frozenset({"events.raw", "labels"})


@dataclass(frozen=True, slots=True)
class Context:
    """One process's environment. stop: set when the process must end."""

    settings: ChassisSettings
    pipeline: Pipeline
    codec: Codec
    store: Store
    cluster: str
    health: Health
    metrics: Metrics
    stop: threading.Event

    @property
    def unmasked(self) -> frozenset[str]:
        """Topics whose records may hold personal data that nobody has masked yet."""
        masks = any(field.pii for field in self.pipeline.event.fields.values())
        return _RAW if masks else frozenset()
