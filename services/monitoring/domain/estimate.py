"""Estimated quality: by the champion's scores alone, against its own past, until labels tell.

It is only told: a model that takes its guesses for certain looks good by it, whatever is true.
"""

from dataclasses import dataclass, field

import numpy as np

from services.contracts.pipeline.learning_task import LEARNING_TASKS
from services.contracts.tally import NONE, SHARES, Tally
from services.monitoring.domain.alert import Change, Cleared, Fact, Raised, alert_id
from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.fields import ENOUGH
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.reference import Model
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of
from services.monitoring.domain.window import Pool, Window

KIND = "estimated"
_LEAST = 0.02
"""Least rise of a share of decisions that matters; of any measure a quarter of its level."""
_FEW = 8
"""Values that tell what is usual, where rows are few and make less of two seasons."""
_STRICTNESS = 1.5
"""Limits to pass: two seasons show little of how far apart the weeks of a stream lie."""


@dataclass(slots=True)
class EstimateWatch:
    """Watches what is expected of one version: the share of wrong decisions, or the mean absolute error.

    What is usual is learnt from its first two seasons.
    """

    policy: Policy
    model: Model
    open: list[Raised] = field(default_factory=list)
    _pool: Pool = field(init=False)
    _usual: list[tuple[float, int]] = field(default_factory=list)
    _cusum: Cusum | None = None

    def __post_init__(self) -> None:
        self._pool = Pool(ENOUGH, self.policy.season, self.policy.day)

    @property
    def name(self) -> str:
        """What is estimated."""
        return "error_rate" if LEARNING_TASKS[self.policy.kind].classifies else "mae"

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window of scores."""
        whole = self._pool.update(window)
        value = None if whole is None else self._value(whole)
        if whole is None or value is None:
            return []
        if self._cusum is None:
            self._usual.append((value, whole.end - whole.start))
            known = sum(length for _, length in self._usual) / self.policy.window
            self._cusum = self._learnt() if known >= self.policy.reference and len(self._usual) >= _FEW else None
            return []
        verdict = self._cusum.update(value, whole.start, _STRICTNESS)
        if verdict == "raised":
            self.open = [self._raised(self._cusum, whole)]
            return [*self.open]
        if verdict == "cleared":
            over, self.open = self.open, []
            return [Cleared(one.alert_id, whole.clock, "recovered") for one in over]
        return []

    def _value(self, window: Window) -> float | None:
        task = LEARNING_TASKS[self.policy.kind]
        expected = window.promise.tally(task) if task.classifies else self._lost(window, task.profiled)
        part, of = (expected.wrong, expected.rows) if task.classifies else SHARES[task.kind]["mae"](expected)
        return part / of if of else None

    def _lost(self, window: Window, name: str) -> Tally:
        losses, scores = self.model.losses, window.fields.get(name)
        return NONE if losses is None or scores is None else losses.tally(scores)

    def _learnt(self) -> Cusum:
        values = np.array([value for value, _ in self._usual])
        level = float(values.mean())
        effect = max(_LEAST if self.name == "error_rate" else 1e-9, level / 4)
        span = max(1.0, sum(length for _, length in self._usual) / self.policy.window / len(values))
        season = max(1, round(self.policy.season / span))
        seed = seed_of(self.policy.pipeline, KIND, self.name, self.model.version)
        limit = excess_limit(values, effect / 2, season, self.policy.alarms_in(span * horizon_of(season)), seed)
        return Cusum(level, effect, max(limit, effect * self.policy.lasting(span)))

    def _raised(self, cusum: Cusum, window: Window) -> Raised:
        version, length = self.model.version, window.end - window.start
        what = "share of wrong decisions" if self.name == "error_rate" else "mean absolute error"
        told = f"The {what} of {version} to be expected by its scores rose from {cusum.level:.3g} to {cusum.value:.3g}"
        return Raised(
            alert_id=alert_id(self.policy.pipeline, KIND, self.name, version, window.end),
            kind=KIND,
            name=self.name,
            version=version,
            clock=window.clock,
            value=cusum.value,
            threshold=cusum.threshold,
            change=Change(cusum.started - length, cusum.started, cusum.started + length),
            message=f"{told}; labels are still to tell.",
        )
