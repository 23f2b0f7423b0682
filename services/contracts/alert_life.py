"""The life of alerts: a fold of what `alerts` says of them, in the order of the topic."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

RAISED = "driftmill.AlertRaised"
UPDATED = "driftmill.AlertUpdated"
CLASSIFIED = "driftmill.AlertClassified"
CLEARED = "driftmill.AlertCleared"
ACKNOWLEDGED = "driftmill.AlertAcknowledged"
SILENCED = "driftmill.AlertsSilenced"

Severity: TypeAlias = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least to the greatest."""

Value = Mapping[str, Any]


def rank(severity: str) -> int:
    """How severe: 0 is the least."""
    return SEVERITIES.index(severity)


@dataclass(slots=True)
class Life:
    """One alert: its AlertRaised and what followed. acknowledged_at: how severe it was when somebody took it on."""

    raised: Value
    updates: list[Value] = field(default_factory=list)
    classified: Value | None = None
    acknowledged: Value | None = None
    acknowledged_at: str = ""
    cleared: Value | None = None

    @property
    def alert_id(self) -> str:
        return str(self.raised["alert_id"])

    @property
    def cause(self) -> str:
        """What alerts of the same cause share; one of an earlier version is alone."""
        return str(self.raised["cause"] or self.alert_id)

    @property
    def state(self) -> str:
        """open, acknowledged, or why it is over."""
        if self.cleared is not None:
            return str(self.cleared["reason"])
        return "open" if self.acknowledged is None else "acknowledged"

    @property
    def is_open(self) -> bool:
        """Whether it stands, taken on or not."""
        return self.cleared is None

    @property
    def began(self) -> int:
        """When the change began by the detector's estimate, else when it was raised; in microseconds."""
        point = self.raised["change_point"]
        return int(self.raised["clock"] if point is None else point)

    @property
    def newest(self) -> Value:
        """What holds now: `value`, `threshold`, `severity`, `message`."""
        return self.updates[-1] if self.updates else self.raised

    @property
    def drift(self) -> str:
        """virtual, real, both or unknown; empty for what isn't drift."""
        return str((self.classified or self.raised)["drift"])

    @property
    def fields(self) -> str:
        """The fields that it most likely comes from, the greatest share first; empty where that isn't known."""
        return ", ".join(f"{one['name']} {one['share']:.0%}" for one in self.raised["fields"])

    @property
    def severity(self) -> str:
        return str(self.newest["severity"])

    @property
    def clock(self) -> int:
        """Of what was last seen of it, in microseconds."""
        return int((self.cleared or self.newest)["clock"])

    @property
    def points(self) -> list[tuple[int, float]]:
        """The statistic by window: end and value."""
        told = (self.raised, *self.updates, *((self.cleared,) if self.cleared else ()))
        return [(int(point["window_end"]), float(point["value"])) for one in told for point in one["points"]]


@dataclass(slots=True)
class Lives:
    """All alerts by id, in the order in which they were raised, and the silences, newest last."""

    alerts: dict[str, Life] = field(default_factory=dict)
    silences: list[Value] = field(default_factory=list)

    def apply(self, kind: str, value: Value) -> None:
        """Take in a record of `alerts`, of which a repeat changes nothing."""
        if kind == SILENCED:
            if all(held["request_id"] != value["request_id"] for held in self.silences):
                self.silences.append(value)
        elif kind == RAISED:
            self.alerts.setdefault(value["alert_id"], Life(value))
        elif (life := self.alerts.get(value.get("alert_id", ""))) is not None:
            _extend(life, kind, value)

    def silenced(self, life: Life, clock: int) -> Value | None:
        """The AlertsSilenced that covers an alert at a time; of those of the same subject the newest counts."""
        subjects = {(life.raised["kind"], life.raised["name"]), (life.raised["kind"], "")}
        newest = {(held["kind"], held["name"]): held for held in self.silences}
        covering = (newest[subject] for subject in subjects if subject in newest)
        return next((held for held in covering if held["clock"] <= clock < held["until"]), None)

    def audible(self, life: Life) -> int:
        """How severe the alert is for those who are notified; -1 for not at all.

        Not of what was silenced at its time, nor of one that was taken on, unless it has become worse since.
        """
        told = (one for one in (life.raised, *life.updates) if self.silenced(life, int(one["clock"])) is None)
        heard = -1 if life.acknowledged is None else rank(life.acknowledged_at)
        return max((level for one in told if (level := rank(one["severity"])) > heard), default=-1)

    def causes(self) -> Iterator[tuple[str, list[Life]]]:
        """Alerts by their cause, in the order in which the causes began."""
        groups: dict[str, list[Life]] = {}
        for life in self.alerts.values():
            groups.setdefault(life.cause, []).append(life)
        yield from groups.items()


def _extend(life: Life, kind: str, value: Value) -> None:
    if kind == UPDATED:
        if value["revision"] > (life.updates[-1]["revision"] if life.updates else 0):
            life.updates.append(value)
    elif kind == ACKNOWLEDGED:
        if life.acknowledged is None:
            life.acknowledged, life.acknowledged_at = value, life.severity
    elif kind == CLASSIFIED:
        if life.classified is None or value["clock"] >= life.classified["clock"]:
            life.classified = value
    elif kind == CLEARED and life.cleared is None:
        life.cleared = value
