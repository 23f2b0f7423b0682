"""What is told of an alert: raised, updated as it becomes worse or better, cleared when it is over or superseded."""

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from services.contracts import alert_life
from services.contracts.alert_life import Severity
from services.monitoring.domain.attribution import Suspect
from services.monitoring.domain.distance import Evidence
from services.monitoring.domain.severity import severity_of
from services.monitoring.domain.trail import Point, recorded

RAISED, UPDATED, CLEARED = alert_life.RAISED, alert_life.UPDATED, alert_life.CLEARED
CLASSIFIED = alert_life.CLASSIFIED

Reason = Literal["recovered", "superseded"]
Nature = Literal["virtual", "real", "both", "unknown"]
"""Of a drift: inputs or scores moved and quality didn't; quality and no inputs; both; its labels are missing."""


@dataclass(frozen=True, slots=True)
class Change:
    """When something changed, in microseconds: the estimate and the interval around it."""

    low: int
    point: int
    high: int


@dataclass(frozen=True, slots=True)
class Raised:
    """As AlertRaised.avsc, but for the cause, which depends on what else was told. level: what the value usually is."""

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
    level: float | None = None
    drift: Nature | None = None
    evidence: tuple[Evidence, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    points: tuple[Point, ...] = field(default=(), compare=False)

    @property
    def severity(self) -> Severity:
        """By the kind, and by how far the value is beyond the threshold."""
        return severity_of(self.kind, self.excess(self.value))

    def excess(self, value: float) -> float:
        """How far a value is above the level, as a share of what raises an alert; 1 where there is no level."""
        if self.level is None or self.threshold == self.level:
            return 1.0
        return (value - self.level) / (self.threshold - self.level)

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
            "severity": self.severity,
            "level": self.level,
            "cause": "",
            "points": recorded(self.points),
            "drift": self.drift or "",
            "evidence": [asdict(one) for one in self.evidence],
            "fields": [asdict(one) for one in self.suspects],
        }


@dataclass(frozen=True, slots=True)
class Updated:
    """As AlertUpdated.avsc."""

    kind_name = UPDATED

    alert_id: str
    revision: int
    clock: int
    value: float
    threshold: float
    severity: Severity
    message: str
    points: tuple[Point, ...] = field(default=(), compare=False)

    def to_record(self) -> dict[str, Any]:
        """The `driftmill.AlertUpdated`."""
        return asdict(self) | {"points": recorded(self.points)}


@dataclass(frozen=True, slots=True)
class Cleared:
    """As AlertCleared.avsc."""

    kind_name = CLEARED

    alert_id: str
    clock: int
    reason: Reason
    points: tuple[Point, ...] = field(default=(), compare=False)

    def to_record(self) -> dict[str, Any]:
        """The `driftmill.AlertCleared`."""
        return asdict(self) | {"points": recorded(self.points)}


@dataclass(frozen=True, slots=True)
class Classified:
    """As AlertClassified.avsc."""

    kind_name = CLASSIFIED

    alert_id: str
    clock: int
    drift: Nature

    def to_record(self) -> dict[str, Any]:
        """The `driftmill.AlertClassified`."""
        return asdict(self)


Fact = Raised | Updated | Classified | Cleared


def alert_id(pipeline: str, kind: str, name: str, version: str, end: int) -> str:
    """Id of the alert of a window that ended at `end`: 32 hexadecimal digits, the same whenever it is computed."""
    return hashlib.sha256("\0".join((pipeline, kind, name, version, str(end))).encode()).hexdigest()[:32]
