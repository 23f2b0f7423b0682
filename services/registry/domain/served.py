"""What scoring took the processes of inference, as they tell it of the version in flight."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from services.contracts.manifest import Cost
from services.registry.domain.staging import limit

SERVED = "driftmill.ServingMeasured"

Measurement = Mapping[str, Any]
"""A `driftmill.ServingMeasured`."""


class Served(NamedTuple):
    """rows scored in so many calls, in milliseconds of processor time."""

    rows: int = 0
    calls: int = 0
    milliseconds: float = 0.0

    @classmethod
    def of(cls, measurement: Measurement) -> "Served":
        """Of a ServingMeasured."""
        return cls(*(measurement[name] for name in cls._fields))

    def most(self, cost: Cost) -> float:
        """Milliseconds that the rows may take, in so many calls, by the limits of the staging test. cost: of serving
        the version, as its manifest says."""
        return self.calls * limit("alone", cost["alone"]) + self.rows * limit("together", cost["together"]) / 1_000


def together(served: Iterable[Served]) -> Served:
    """Their sums."""
    held = list(served)
    return Served(*map(sum, zip(*held, strict=True))) if held else Served()
