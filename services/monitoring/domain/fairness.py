"""Fairness: groups of people whom the champion's decisions treat too differently, by labels that have matured."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.contracts.disparity import Apart, apart
from services.contracts.pipeline.metric import Disparity
from services.contracts.tally import NONE, Tally
from services.monitoring.domain.alert import Cleared, Fact, Raised, alert_id
from services.monitoring.domain.window import Window

KIND = "fairness"
MOST = 4
"""So many times the windows of a judgement wait for small groups at most; then the oldest go."""

_WORDS = {
    "recall": "positives that are found",
    "false_positive_rate": "negatives that are suspected",
    "positive_rate": "positive decisions",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A disparity between the groups of a field that is too much. enough: rows of either class that a group needs."""

    metric: Disparity
    by: str
    at_most: float
    enough: int


@dataclass(slots=True)
class FairnessWatch:
    """One version's matured windows against a limit: raised when it is certainly above, over when it isn't above.

    windows: so many are judged together, and more while fewer than two groups are large enough.
    """

    pipeline: str
    version: str
    limit: Limit
    windows: int
    raised: Raised | None = None
    _waiting: list[Window] = field(default_factory=list)

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window of quality."""
        self._waiting.append(window)
        del self._waiting[: -MOST * self.windows]
        found = self._apart() if len(self._waiting) >= self.windows else None
        if found is None:
            return []
        self._waiting = []
        if self.raised is None and found.low > self.limit.at_most:
            self.raised = self._raise(found, window)
            return [self.raised]
        if self.raised is not None and found.value <= self.limit.at_most:
            over, self.raised = self.raised, None
            return [Cleared(over.alert_id, window.clock, "recovered")]
        return []

    def _apart(self) -> Apart | None:
        return apart(self.limit.metric, groups_of(self.limit.by, self._waiting), self.limit.enough)

    def _raise(self, found: Apart, window: Window) -> Raised:
        limit, name = self.limit, f"{self.limit.metric} by {self.limit.by}"
        pair = " and ".join(f"'{group}'" for group in (found.most, found.least))
        told = f"{pair} of {limit.by} lie {found.value:.3f} apart in the share of {_WORDS[found.rate]}"
        return Raised(
            alert_id=alert_id(self.pipeline, KIND, name, self.version, window.end),
            kind=KIND,
            name=name,
            version=self.version,
            clock=window.clock,
            value=found.value,
            threshold=limit.at_most,
            change=None,
            message=f"{told} by {self.version}: {limit.metric} is above its limit {limit.at_most:g}.",
        )


def groups_of(field_name: str, windows: Sequence[Window]) -> dict[str, list[Tally]]:
    """The tallies of a field's values, by window."""
    values = sorted({name for window in windows for name in window.groups if name.startswith(f"{field_name}=")})
    return {
        value.removeprefix(f"{field_name}="): [window.groups.get(value, NONE) for window in windows] for value in values
    }
