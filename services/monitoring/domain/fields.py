"""Alerts of drifting fields: one for each field, of the inputs or of the score."""

from collections.abc import Sequence

from services.monitoring.domain.alert import Change, Cleared, Fact, Raised, Updated, alert_id
from services.monitoring.domain.drift import FieldDrift, drifts_of
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.standing import Standing
from services.monitoring.domain.trail import Trail
from services.monitoring.domain.window import Pool, Window

ENOUGH = 200
"""Rows in a window for shares to be compared; smaller windows are put together, at most a season of them."""


class Fields:
    """Compares windows of one stream with a reference. kind: inputs or scores. note: what is said of the reference."""

    def __init__(self, policy: Policy, kind: str, version: str, reference: Sequence[Window], note: str) -> None:
        self._policy, self._kind, self._version, self._note = policy, kind, version, note
        self._pool = self._new_pool()
        whole = [window for held in reference if (window := self._pool.update(held)) is not None]
        self._pool = self._new_pool()
        self._drifts: dict[str, FieldDrift] = drifts_of(policy, kind, version, whole) if len(whole) > 1 else {}
        self._trails = {name: Trail() for name in self._drifts}
        self._standing: dict[str, Standing] = {}

    @property
    def open(self) -> dict[str, Raised]:
        """Alerts that stand, by field."""
        return {name: standing.raised for name, standing in self._standing.items()}

    @property
    def updates(self) -> list[Updated]:
        """The newest update of each of them."""
        return [standing.update for standing in self._standing.values() if standing.update]

    def _new_pool(self) -> Pool:
        return Pool(ENOUGH, self._policy.season)

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window."""
        whole = self._pool.update(window)
        if whole is None:
            return []
        facts = [self._judge(name, drift, whole) for name, drift in self._drifts.items() if name in whole.fields]
        return [fact for fact in facts if fact is not None]

    def moved(self, low: int, until: int) -> dict[str, float]:
        """How far each field has moved in a time, above what is usual of it."""
        return {name: drift.moved(low, until) for name, drift in self._drifts.items()}

    def _judge(self, name: str, drift: FieldDrift, window: Window) -> Fact | None:
        verdict = drift.update(window.fields[name], window.start, window.end)
        trail = self._trails[name]
        trail.update(window.end, drift.cusum.last)
        if verdict == "raised":
            self._standing[name] = Standing(self._raised(name, drift, window), trail)
            return self._standing[name].raised
        if verdict == "cleared":
            return Cleared(self._standing.pop(name).raised.alert_id, window.clock, "recovered", trail.news())
        standing = self._standing.get(name)
        return standing.seen(window.clock, drift.cusum.latest) if standing and not drift.cusum.calm else None

    def _raised(self, name: str, drift: FieldDrift, window: Window) -> Raised:
        cusum = drift.cusum
        length = window.end - window.start
        subject = "The distribution of scores" if self._kind == "scores" else f"The distribution of {name}"
        return Raised(
            alert_id=alert_id(self._policy.pipeline, self._kind, name, self._version, window.end),
            kind=self._kind,
            name=name,
            version=self._version,
            clock=window.clock,
            value=cusum.value,
            threshold=cusum.threshold,
            change=Change(cusum.started - length, cusum.started, cusum.started + length),
            message=f"{subject} moved: stability index {cusum.value:.2f} against {cusum.level:.2f}{self._note}.",
            level=cusum.level,
            evidence=drift.evidence(),
            points=self._trails[name].whole(),
        )
