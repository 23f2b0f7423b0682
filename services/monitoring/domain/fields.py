"""Alerts of drift: one for each field, of the inputs, the features or the score; one for how numbers go together."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.monitoring.domain.alert import Change, Cleared, Fact, Raised, Updated, alert_id
from services.monitoring.domain.attribution import suspects
from services.monitoring.domain.correlation import A_COLUMN, NAME, CorrelationDrift
from services.monitoring.domain.drift import Drift, drifts_of
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.standing import Standing
from services.monitoring.domain.trail import Trail
from services.monitoring.domain.window import Pool, Window

ENOUGH = 200
"""Rows in a window for shares to be compared; smaller windows are put together, at most a season of them."""
_WORDS = {
    "scores": "The distribution of scores moved: stability index",
    "multivariate": "Numbers go together otherwise than they did: squared differences of rank correlations add up to",
}


class Fields:
    """Compares windows of one stream with a reference. kind: inputs, features, scores or multivariate. note: what is
    said of the reference. importance: of columns, by which they are named as suspects.
    """

    def __init__(
        self,
        policy: Policy,
        kind: str,
        version: str,
        reference: Sequence[Window],
        note: str,
        importance: Mapping[str, float] | None = None,
    ) -> None:
        self._policy, self._kind, self._version, self._note = policy, kind, version, note
        self._importance = importance or {}
        self._pool = self._new_pool()
        whole = [window for held in reference if (window := self._pool.update(held)) is not None]
        self._pool = self._new_pool()
        self._drifts = self._learnt(whole) if len(whole) > 1 else {}
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
        columns = self._policy.numbers if self._kind == "multivariate" else 0
        return Pool(max(ENOUGH, A_COLUMN * columns), self._policy.season, self._policy.day)

    def _learnt(self, whole: Sequence[Window]) -> Mapping[str, Drift[Any]]:
        if self._kind != "multivariate":
            return drifts_of(self._policy, self._kind, self._version, whole)
        found = CorrelationDrift.of(self._policy, self._version, whole)
        return {} if found is None else {NAME: found}

    def _part(self, name: str, window: Window) -> Any:
        return window.correlation if self._kind == "multivariate" else window.fields.get(name)

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window."""
        whole = self._pool.update(window)
        if whole is None:
            return []
        parts = {name: self._part(name, whole) for name in self._drifts}
        facts = [self._judge(name, part, whole) for name, part in parts.items() if part is not None]
        return [fact for fact in facts if fact is not None]

    def moved(self, low: int, until: int) -> dict[str, float]:
        """How far each field has moved in a time, above what is usual of it."""
        return {name: drift.moved(low, until) for name, drift in self._drifts.items()}

    def _judge(self, name: str, part: Any, window: Window) -> Fact | None:
        drift = self._drifts[name]
        verdict = drift.update(part, window.start, window.end)
        trail = self._trails[name]
        trail.update(window.end, drift.cusum.last)
        if verdict == "raised":
            self._standing[name] = Standing(self._raised(name, drift, window), trail)
            return self._standing[name].raised
        if verdict == "cleared":
            return Cleared(self._standing.pop(name).raised.alert_id, window.clock, "recovered", trail.news())
        standing = self._standing.get(name)
        return standing.seen(window.clock, drift.cusum.latest) if standing and not drift.cusum.calm else None

    def _raised(self, name: str, drift: Drift[Any], window: Window) -> Raised:
        cusum = drift.cusum
        length = window.end - window.start
        words = _WORDS.get(self._kind, f"The distribution of {name} moved: stability index")
        # what moves the present moves what is computed from the past only once enough of that has gone by
        behind = self._policy.reach.get(name, 0) if self._kind == "features" else 0
        return Raised(
            alert_id=alert_id(self._policy.pipeline, self._kind, name, self._version, window.end),
            kind=self._kind,
            name=name,
            version=self._version,
            clock=window.clock,
            value=cusum.value,
            threshold=cusum.threshold,
            change=Change(cusum.started - length - behind, cusum.started, cusum.started + length),
            message=f"{words} {cusum.value:.2f} against {cusum.level:.2f}{self._note}.",
            level=cusum.level,
            evidence=drift.evidence(),
            suspects=suspects(drift.columns(), self._importance),
            points=self._trails[name].whole(),
        )
