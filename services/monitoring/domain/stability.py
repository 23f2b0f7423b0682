"""Numerical stability: answers that fail, and probabilities of exactly 0 or 1, which no evidence can justify."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.contracts.pipeline.learning_task import LEARNING_TASKS
from services.monitoring.domain.alert import Cleared, Fact, Raised, alert_id
from services.monitoring.domain.cusum import CALM
from services.monitoring.domain.fields import ENOUGH
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.window import Pool, Window

KIND = "numerical"
FAILED, SATURATED = "failed", "saturated"
LIMITS: Mapping[str, float] = {FAILED: 0.01, SATURATED: 0.05}
"""Shares of the answers that are too many; of saturated ones, more than were usual: leaves of trees may be pure."""
_ERRORS = 3.0

_WORDS = {
    FAILED: "of the events have no answer by {version}: its score is no finite number, or its features are missing",
    SATURATED: "of the scores of {version} are exactly 0 or 1, more than the usual {usual:.1%}",
}


@dataclass(slots=True)
class StabilityWatch:
    """Watches the windows of scores of one version. Raised when a share is certainly above its limit (by three standard
    errors), over when it wasn't above it in several windows in a row. rule: scores may be a rule's, and saturated."""

    policy: Policy
    version: str
    rule: bool
    open: dict[str, Raised] = field(default_factory=dict)
    _pool: Pool = field(init=False)
    _first: list[Window] = field(default_factory=list)
    _calm: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pool = Pool(ENOUGH, self.policy.season)

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window of scores."""
        whole = self._pool.update(window)
        if whole is None:
            return []
        facts = [fact for name, share, usual in self._shares(whole) for fact in self._judge(name, share, usual, whole)]
        if len(self._first) < self.policy.arm:
            self._first.append(whole)
        return facts

    def _shares(self, window: Window) -> Iterator[tuple[str, float, float]]:
        """Of each kind its share, and what is usual."""
        task = LEARNING_TASKS[self.policy.kind]
        scores = window.fields.get(task.profiled)
        yield FAILED, (scores.missing if scores else 0) / window.rows, 0.0
        if task.classifies and not self.rule and len(self._first) >= self.policy.arm:
            usual = sum(one.saturated for one in self._first) / sum(one.rows for one in self._first)
            yield SATURATED, window.saturated / window.rows, usual

    def _judge(self, name: str, share: float, usual: float, window: Window) -> list[Fact]:
        limit = usual + LIMITS[name]
        error = math.sqrt(share * (1 - share) / window.rows)
        if name not in self.open:
            if share - _ERRORS * error <= limit:
                return []
            self._calm[name] = 0
            self.open[name] = self._raised(name, share, usual, window)
            return [self.open[name]]
        self._calm[name] = self._calm[name] + 1 if share <= limit else 0
        if self._calm[name] < CALM:
            return []
        return [Cleared(self.open.pop(name).alert_id, window.clock, "recovered")]

    def _raised(self, name: str, share: float, usual: float, window: Window) -> Raised:
        return Raised(
            alert_id=alert_id(self.policy.pipeline, KIND, name, self.version, window.end),
            kind=KIND,
            name=name,
            version=self.version,
            clock=window.clock,
            value=share,
            threshold=usual + LIMITS[name],
            change=None,
            message=f"{share:.1%} {_WORDS[name].format(version=self.version, usual=usual)}.",
        )
