"""The life of an alert: raised once for a cause, cleared when it is over or when a new model supersedes it."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

RAISED = "driftmill.AlertRaised"
CLEARED = "driftmill.AlertCleared"

Reason = Literal["recovered", "superseded"]


@dataclass(frozen=True, slots=True)
class Change:
    """When something changed, in microseconds: the estimate and the interval around it."""

    low: int
    point: int
    high: int


@dataclass(frozen=True, slots=True)
class Raised:
    """As AlertRaised.avsc."""

    kind_name = RAISED

    alert_id: str
    kind: str
    name: str
    version: str
    clock: int
    value: float
    threshold: float
    change: Change | None
    message: str

    def to_record(self) -> dict[str, Any]:
        """The `driftmill.AlertRaised`."""
        return {
            "alert_id": self.alert_id,
            "kind": self.kind,
            "name": self.name,
            "version": self.version,
            "clock": self.clock,
            "value": self.value,
            "threshold": self.threshold,
            "change_point": self.change.point if self.change else None,
            "change_low": self.change.low if self.change else None,
            "change_high": self.change.high if self.change else None,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Cleared:
    """As AlertCleared.avsc."""

    kind_name = CLEARED

    alert_id: str
    clock: int
    reason: Reason

    def to_record(self) -> dict[str, Any]:
        """The `driftmill.AlertCleared`."""
        return {"alert_id": self.alert_id, "clock": self.clock, "reason": self.reason}


Fact = Raised | Cleared


def alert_id(pipeline: str, kind: str, name: str, version: str, end: int) -> str:
    """Id of the alert of a window that ended at `end`: 32 hexadecimal digits, the same whenever it is computed."""
    return hashlib.sha256("\0".join((pipeline, kind, name, version, str(end))).encode()).hexdigest()[:32]
