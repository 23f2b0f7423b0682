"""An alert that stands: what was told of it, so that it is updated when that no longer holds."""

from dataclasses import dataclass

from services.contracts.alert_life import Severity
from services.monitoring.domain.alert import Raised, Updated
from services.monitoring.domain.severity import severity_of
from services.monitoring.domain.trail import Trail

MATERIAL = 1.5
"""Times as much excess as was told, or as little, is news."""


@dataclass(slots=True)
class Standing:
    """raised: how it began. update: the newest, if any."""

    raised: Raised
    trail: Trail
    update: Updated | None = None

    @property
    def severity(self) -> Severity:
        """As it was told."""
        return self.update.severity if self.update else self.raised.severity

    def seen(self, clock: int, value: float, doubt: float = 0.0) -> Updated | None:
        """Take in what a window that was known at `clock` shows; returns what is news.

        value: the statistic, over as many windows as it took to raise the alert. doubt: change that chance may make.
        """
        raised, told = self.raised, self.update or self.raised
        severity = severity_of(raised.kind, raised.excess(value), self.severity)
        if severity == self.severity and not self._is_material(value, told.value, doubt):
            return None
        worse = abs(value - raised.threshold) > abs(told.value - raised.threshold)
        self.update = Updated(
            alert_id=raised.alert_id,
            revision=self.update.revision + 1 if self.update else 1,
            clock=clock,
            value=value,
            threshold=raised.threshold,
            severity=severity,
            message=f"{'Worse' if worse else 'Better, not over'}: {value:.3g}, it was {told.value:.3g}.",
            points=self.trail.news(),
        )
        return self.update

    def _is_material(self, value: float, told: float, doubt: float) -> bool:
        """By the distance from what is usual, or from the threshold where nothing is."""
        usual = self.raised.threshold if self.raised.level is None else self.raised.level
        now, before = abs(value - usual), abs(told - usual)
        return abs(now - before) > doubt and not before / MATERIAL < now < before * MATERIAL
