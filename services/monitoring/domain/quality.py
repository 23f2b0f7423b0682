"""Quality of a version's answers: several measures, one alert for one cause."""

from services.monitoring.domain.alert import Cleared, Fact, Raised, Updated, alert_id
from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.errors import ErrorWatch
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.standing import Standing
from services.monitoring.domain.window import Window


class Quality:
    """Watches the matured windows of one version.

    While an alert stands, what comes after it is watched by another `Quality` against what is usual since: a further
    rise is a further cause, of which the first alert says nothing. It ends with the first.
    """

    def __init__(self, policy: Policy, version: str) -> None:
        self._policy, self._version, self._measures = policy, version, policy.measures
        self._watches = {name: ErrorWatch(policy, version, measure) for name, measure in self._measures.items()}
        self._standing: Standing | None = None
        self._since: Quality | None = None

    @property
    def open(self) -> list[Raised]:
        """Alerts that stand, in the order of their causes."""
        return [standing.raised for standing in self.standing]

    @property
    def updates(self) -> list[Updated]:
        """The newest update of each of them."""
        return [standing.update for standing in self.standing if standing.update]

    @property
    def has_judged(self) -> bool:
        """Whether something could have been told of by the newest window: it had the rows, and a reference."""
        return any(watch.has_judged for watch in self._watches.values())

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window."""
        further = self._since.update(window) if self._since else []
        verdicts = {measure: watch.update(window) for measure, watch in self._watches.items()}
        if self._standing is None:
            raised = [measure for measure, verdict in verdicts.items() if verdict == "raised"]
            return [self._raise(max(raised, key=self._weight), window)] if raised else []
        if "cleared" in verdicts.values() and not any(self._is_raised(measure) for measure in self._measures):
            return [*further, *self._recover(window)]
        cusum = self._cusum(self._standing.raised.name)
        news = self._standing.seen(window.clock, cusum.latest) if cusum.raised and not cusum.calm else None
        return further if news is None else [news, *further]

    def _recover(self, window: Window) -> list[Fact]:
        cleared: list[Fact] = [
            Cleared(standing.raised.alert_id, window.clock, "recovered", standing.trail.news())
            for standing in self.standing
        ]
        self._standing = self._since = None
        return cleared

    def _raise(self, measure: str, window: Window) -> Raised:
        watch = self._watches[measure]
        cusum, words = self._cusum(measure), self._measures[measure].words
        self._since = Quality(self._policy, self._version)
        raised = Raised(
            alert_id=alert_id(self._policy.pipeline, "quality", measure, self._version, window.end),
            kind="quality",
            name=measure,
            version=self._version,
            clock=window.clock,
            value=cusum.value,
            threshold=cusum.threshold,
            change=watch.change(),
            message=f"{words} of {self._version} rose from {cusum.level:.3f} to {cusum.value:.3f}.",
            level=cusum.level,
            evidence=watch.evidence(),
            points=watch.trail.whole(),
        )
        self._standing = Standing(raised, watch.trail)
        return raised

    @property
    def standing(self) -> list[Standing]:
        """Alerts that stand, with what was told of them, in the order of their causes."""
        first = [self._standing] if self._standing else []
        return first + (self._since.standing if self._since else [])

    def _weight(self, measure: str) -> float:
        cusum = self._cusum(measure)
        # of those that are equally far, to the rounding of sums, the first is told
        return round(cusum.total / cusum.limit, 9)

    def _is_raised(self, measure: str) -> bool:
        cusum = self._watches[measure].cusum
        return cusum is not None and cusum.raised

    def _cusum(self, measure: str) -> Cusum:
        cusum = self._watches[measure].cusum
        assert cusum is not None
        return cusum
