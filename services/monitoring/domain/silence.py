"""A silent source: time passes, and no events come."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.monitoring.domain.alert import Change, Cleared, Fact, Raised, alert_id
from services.monitoring.domain.past import KIND
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.standing import Standing
from services.monitoring.domain.trail import Trail
from services.monitoring.domain.volume import Usual
from services.monitoring.domain.window import Window

CERTAIN = 20.0
"""Events that would have come: of a Poisson process none comes instead once in five hundred million."""


@dataclass(slots=True)
class Silence:
    """Raised when more than so many events are missing in empty windows in a row, more than twice as many windows as
    were ever empty in a row; cleared by the first event.
    """

    pipeline: str
    version: str
    usual: Usual
    longest: int
    missed: float = 0.0
    empty: int = 0
    since: int = 0
    standing: Standing | None = None
    trail: Trail = field(default_factory=Trail)

    @classmethod
    def of(cls, policy: Policy, version: str, windows: Sequence[Window]) -> "Silence":
        """Learnt from consecutive windows."""
        longest = run = 0
        for window in windows:
            run = 0 if window.events else run + 1
            longest = max(longest, run)
        return cls(policy.pipeline, version, Usual.of(policy, windows), longest)

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window."""
        if window.events:
            self.longest = max(self.longest, self.empty)
            self.missed, self.empty, self.trail = 0.0, 0, Trail()
            standing, self.standing = self.standing, None
            return [Cleared(standing.raised.alert_id, window.clock, "recovered")] if standing else []
        self.since = window.start if not self.empty else self.since
        self.empty += 1
        self.missed += self.usual.at(window.start)
        self.trail.update(window.end, self.missed)
        if self.standing is not None or self.missed < CERTAIN or self.empty <= 2 * self.longest:
            return []
        raised = Raised(
            alert_id=alert_id(self.pipeline, KIND, "silent", self.version, window.end),
            kind=KIND,
            name="silent",
            version=self.version,
            clock=window.clock,
            value=self.missed,
            threshold=CERTAIN,
            change=Change(self.since - (window.end - window.start), self.since, self.since),
            message=f"No event has come since the window before: {self.missed:.0f} are usual in this time.",
            level=0.0,
            points=self.trail.whole(),
        )
        self.standing = Standing(raised, self.trail)
        return [raised]
