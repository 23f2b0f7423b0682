"""The nature of a drift: whether inputs, features and scores moved, or what they say of labels, or both.

An alert of quality knows at once, for labels come after inputs. An alert of those has to wait for the labels
of its time: until enough windows of them have been judged it is unknown. All is decided as windows of quality come,
by what was told up to their clock, so that it doesn't matter how far ahead the inputs are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.monitoring.domain.alert import Classified, Cleared, Fact, Nature, Raised

_MOVED = ("inputs", "features", "multivariate", "scores")
_WORSE = "quality"
_WAIT = 4
"""So many times `near` an alert is remembered after it is over: labels of its time may still come."""


@dataclass(slots=True)
class Natures:
    """The alerts of one term. near: microseconds that two changes may lie apart to be one. enough: windows of labels
    after a change, judged without an alert, that make it virtual.
    """

    near: int
    enough: int
    told: dict[str, Raised] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    known: dict[str, Classified] = field(default_factory=dict)
    judged: dict[str, int] = field(default_factory=dict)

    def take(self, facts: Iterable[Fact]) -> None:
        """Take in what was told."""
        for fact in facts:
            if isinstance(fact, Raised) and (fact.kind in _MOVED or fact.kind == _WORSE):
                self.told.setdefault(fact.alert_id, fact)
            elif isinstance(fact, Cleared):
                self.ended.setdefault(fact.alert_id, fact.clock)

    def of(self, raised: Raised) -> Nature | None:
        """At the time when it is raised; None for an alert that isn't about drift."""
        if raised.kind in _MOVED:
            return "unknown"
        if raised.kind != _WORSE:
            return None
        return "both" if self._relatives(raised, raised.clock) else "real"

    def mature(self, start: int, clock: int, judged: bool) -> list[Fact]:
        """A window of labels that began at `start` came at `clock`. judged: whether it could have raised an alert.

        Returns of which alerts more is known by it; what was both stays so. What is long over is forgotten.
        """
        found: list[Fact] = []
        for alert_id, raised in sorted(self.told.items()):
            if raised.clock > clock:
                continue
            if judged and raised.change is not None and start >= raised.change.point:
                self.judged[alert_id] = self.judged.get(alert_id, 0) + 1
            said, nature = self._said(raised), self._now(raised, clock)
            if said != "both" and nature not in ("unknown", said):
                self.known[alert_id] = Classified(alert_id, clock, nature)
                found.append(self.known[alert_id])
            self._forget(raised, clock)
        return found

    def _forget(self, raised: Raised, clock: int) -> None:
        if self.ended.get(raised.alert_id, clock) > clock - _WAIT * self.near:
            return
        for held in (self.told, self.ended, self.known, self.judged):
            held.pop(raised.alert_id, None)

    def _said(self, raised: Raised) -> Nature | None:
        known = self.known.get(raised.alert_id)
        return known.drift if known else raised.drift

    def _now(self, raised: Raised, clock: int) -> Nature:
        if self._relatives(raised, clock):
            return "both"
        if raised.kind == _WORSE:
            return "real"
        return "virtual" if self.judged.get(raised.alert_id, 0) >= self.enough else "unknown"

    def _relatives(self, raised: Raised, clock: int) -> bool:
        """Whether an alert of the other side was told by a time, whose change is near; it may be over since."""
        return any(
            (other.kind == _WORSE) != (raised.kind == _WORSE) and other.clock <= clock and self._is_near(raised, other)
            for other in self.told.values()
        )

    def _is_near(self, one: Raised, other: Raised) -> bool:
        if one.change is None or other.change is None:
            return False
        return abs(one.change.point - other.change.point) <= self.near
