"""Quality of a version's answers: several measures, one alert for one cause."""

from services.monitoring.domain.alert import Cleared, Fact, Raised, alert_id
from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.errors import ErrorWatch
from services.monitoring.domain.measure import MEASURES
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.window import Window


class Quality:
    """Watches the matured windows of one version. `open`: the alert that stands, if one does."""

    def __init__(self, policy: Policy, version: str) -> None:
        self._policy, self._version = policy, version
        self._watches = {name: ErrorWatch(policy, version, measure) for name, measure in MEASURES.items()}
        self.open: Raised | None = None

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window."""
        verdicts = {measure: watch.update(window) for measure, watch in self._watches.items()}
        if self.open is None:
            raised = [measure for measure, verdict in verdicts.items() if verdict == "raised"]
            return [self._raise(max(raised, key=self._weight), window)] if raised else []
        if "cleared" in verdicts.values() and not any(self._is_raised(measure) for measure in MEASURES):
            cleared = Cleared(self.open.alert_id, window.clock, "recovered")
            self.open = None
            return [cleared]
        return []

    def _raise(self, measure: str, window: Window) -> Raised:
        watch = self._watches[measure]
        cusum = self._cusum(measure)
        self.open = Raised(
            alert_id=alert_id(self._policy.pipeline, "quality", measure, self._version, window.end),
            kind="quality",
            name=measure,
            version=self._version,
            clock=window.clock,
            value=cusum.value,
            threshold=cusum.threshold,
            change=watch.change(),
            message=f"{MEASURES[measure].words} of {self._version} rose from {cusum.level:.3f} to {cusum.value:.3f}.",
        )
        return self.open

    def _weight(self, measure: str) -> float:
        cusum = self._cusum(measure)
        return cusum.total / cusum.limit

    def _is_raised(self, measure: str) -> bool:
        cusum = self._watches[measure].cusum
        return cusum is not None and cusum.raised

    def _cusum(self, measure: str) -> Cusum:
        cusum = self._watches[measure].cusum
        assert cusum is not None
        return cusum
