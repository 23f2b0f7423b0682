"""One cause, one name: alerts that stand together because the same thing moved share it.

It is told with an alert and read back from `alerts`, so it stays what it was whatever is learnt later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.monitoring.domain.alert import Raised

ALONE = frozenset({"learner", "classes"})
"""Kinds that have nothing to do with the windows in which data moved."""


@dataclass(frozen=True, slots=True)
class _Member:
    alert_id: str
    version: str
    clock: int
    low: int | None
    high: int | None


@dataclass(slots=True)
class Causes:
    """The alerts that stand, by their cause. window: microseconds.

    An alert joins a cause if it is about the same model, and the intervals in which the two changes began touch, each
    widened by a window; of one whose change is not known, if both were raised within a window. A cause ends with its
    last alert.
    """

    window: int
    open: dict[str, list[_Member]] = field(default_factory=dict)

    def told(self, value: Mapping[str, Any]) -> None:
        """Take in an AlertRaised."""
        member = _Member(
            *(value[name] for name in ("alert_id", "version", "clock", "change_low", "change_high")),
        )
        if value["kind"] not in ALONE and not any(member.alert_id == held.alert_id for held in self._members()):
            self.open.setdefault(value["cause"] or member.alert_id, []).append(member)

    def cleared(self, alert_id: str) -> None:
        """Take in the end of an alert."""
        for cause, members in list(self.open.items()):
            left = [member for member in members if member.alert_id != alert_id]
            if left:
                self.open[cause] = left
            else:
                del self.open[cause]

    def of(self, raised: Raised) -> str:
        """The cause of an alert that is about to be told: one that stands, else the alert's own id."""
        if raised.kind in ALONE:
            return raised.alert_id
        change = raised.change
        own = _Member(
            raised.alert_id,
            raised.version,
            raised.clock,
            change.low if change else None,
            change.high if change else None,
        )
        joined = (cause for cause, members in self.open.items() if any(self._touch(own, held) for held in members))
        return next(joined, raised.alert_id)

    def _members(self) -> Iterator[_Member]:
        for members in self.open.values():
            yield from members

    def _touch(self, one: _Member, other: _Member) -> bool:
        if one.version != other.version:
            return False
        if one.low is None or one.high is None or other.low is None or other.high is None:
            return abs(one.clock - other.clock) <= self.window
        return one.low - self.window <= other.high + self.window and other.low - self.window <= one.high + self.window
