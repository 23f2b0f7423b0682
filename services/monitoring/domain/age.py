"""The age of the champion: how long ago the newest event lies that it has learnt from, by the clock of the events."""

from dataclasses import dataclass

from services.monitoring.domain.alert import Fact, Raised, alert_id
from services.monitoring.domain.reference import Model
from services.monitoring.domain.window import Window

KIND, NAME = "stale", "age"
_DAY = 86_400_000_000


@dataclass(slots=True)
class AgeWatch:
    """Raised once the model is older than `most` microseconds; only another model ends it. most: None for no limit."""

    pipeline: str
    model: Model
    most: int | None
    raised: Raised | None = None

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window of inputs."""
        model, since = self.model, self.since
        if self.most is None or model.is_baseline or self.raised is not None or window.end - since <= self.most:
            return []
        age, limit = (window.end - since) / _DAY, self.most / _DAY
        self.raised = Raised(
            alert_id=alert_id(self.pipeline, KIND, NAME, model.version, window.end),
            kind=KIND,
            name=NAME,
            version=model.version,
            clock=window.clock,
            value=age,
            threshold=limit,
            change=None,
            message=f"{model.version} knows nothing of the last {age:.3g} days; monitor.max_age is {limit:g}.",
        )
        return [self.raised]

    @property
    def since(self) -> int:
        """End of what it has learnt from; when it took over, where that isn't known."""
        return self.model.trained_through if self.model.trained_through >= 0 else self.model.clock
