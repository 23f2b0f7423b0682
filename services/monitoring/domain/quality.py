"""Quality of a version's answers: several measures, one alert for one cause."""

from services.monitoring.domain.alert import Cleared, Fact, Raised, alert_id
from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.errors import ErrorWatch
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.window import Window


class Quality:
    """Watches the matured windows of one version.

    While an alert stands, what comes after it is watched by another `Quality` against what is usual since: a further
    rise is a further cause, of which the first alert says nothing. It ends with the first.
    """

    def __init__(self, policy: Policy, version: str) -> None:
        self._policy, self._version, self._measures = policy, version, policy.measures
        self._watches = {name: ErrorWatch(policy, version, measure) for name, measure in self._measures.items()}
        self._raised: Raised | None = None
        self._since: Quality | None = None

    @property
    def open(self) -> list[Raised]:
        """Alerts that stand, in the order of their causes."""
        first = [self._raised] if self._raised else []
        return first + (self._since.open if self._since else [])

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window."""
        further = self._since.update(window) if self._since else []
        verdicts = {measure: watch.update(window) for measure, watch in self._watches.items()}
        if self._raised is None:
            raised = [measure for measure, verdict in verdicts.items() if verdict == "raised"]
            return [self._raise(max(raised, key=self._weight), window)] if raised else []
        if "cleared" in verdicts.values() and not any(self._is_raised(measure) for measure in self._measures):
            return [*further, *self._recover(window)]
        return further

    def _recover(self, window: Window) -> list[Fact]:
        cleared: list[Fact] = [Cleared(raised.alert_id, window.clock, "recovered") for raised in self.open]
        self._raised = self._since = None
        return cleared

    def _raise(self, measure: str, window: Window) -> Raised:
        watch = self._watches[measure]
        cusum, words = self._cusum(measure), self._measures[measure].words
        self._since = Quality(self._policy, self._version)
        self._raised = Raised(
            alert_id=alert_id(self._policy.pipeline, "quality", measure, self._version, window.end),
            kind="quality",
            name=measure,
            version=self._version,
            clock=window.clock,
            value=cusum.value,
            threshold=cusum.threshold,
            change=watch.change(),
            message=f"{words} of {self._version} rose from {cusum.level:.3f} to {cusum.value:.3f}.",
        )
        return self._raised

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
