"""Drift of features, what models are given: of each computed one, and of how all numbers go together.

Right after a stream begins, windows that features look back on are still filling. So a feature is compared with, and
judged by, windows only from when what it is computed from could reach back as far as it does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from services.monitoring.domain.alert import Cleared, Fact, Raised, Updated
from services.monitoring.domain.drift import EFFECT
from services.monitoring.domain.fields import Fields
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.reference import KEPT, History, Model
from services.monitoring.domain.window import Window

STRETCHES = 4
"""So many times as far as a feature looks back its reference reaches: fewer hardly show how it wanders."""


@dataclass(slots=True)
class _Part:
    """Features that reach back alike, or how numbers go together. reach: microseconds."""

    kind: str
    reach: int
    names: frozenset[str] = frozenset()
    watch: Fields | None = None

    def of(self, window: Window) -> Window:
        """What of a window it is about."""
        fields = {name: found for name, found in window.fields.items() if name in self.names}
        return replace(window, fields=fields, correlation=None if self.names else window.correlation)


@dataclass(slots=True)
class FeatureWatch:
    """Watches the windows of features under one champion. Another set of features is another stream: what stood of the
    one before is over, and the new one is learnt from its own windows.
    """

    policy: Policy
    model: Model
    history: History
    _set: str = ""
    _parts: list[_Part] = field(default_factory=list)

    def begin(self) -> list[Fact]:
        """Take in the windows that have passed."""
        windows = self.history.of_all("features")
        return [fact for place, window in enumerate(windows) for fact in self._update(window, windows[: place + 1])]

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window, which is in the history already."""
        return self._update(window, self.history.of("features", window.version))

    @property
    def open(self) -> list[Raised]:
        """Alerts that stand."""
        return [raised for watch in self._watches() for raised in watch.open.values()]

    @property
    def updates(self) -> list[Updated]:
        """The newest update of each of them."""
        return [update for watch in self._watches() for update in watch.updates]

    def moved(self, low: int, until: int) -> dict[str, float]:
        """How far features of no field have moved in a time, above what is usual of them; those of fields move with
        these. Only what could add up to an alert."""
        watches = [part.watch for part in self._parts if part.watch and part.kind == "features"]
        found = {name: far for watch in watches for name, far in watch.moved(low, until).items()}
        return {name: far for name, far in found.items() if far > EFFECT / 2 and not self.policy.ancestry.get(name)}

    def _watches(self) -> Iterator[Fields]:
        return (part.watch for part in self._parts if part.watch)

    def _update(self, window: Window, seen: Sequence[Window]) -> list[Fact]:
        facts: list[Fact] = []
        if window.version != self._set:
            facts += [Cleared(raised.alert_id, max(window.clock, raised.clock), "superseded") for raised in self.open]
            self._set, self._parts = window.version, self._begun()
        for part in self._parts:
            facts += part.watch.update(part.of(window)) if part.watch else self._begin(part, seen)
        return facts

    def _begun(self) -> list[_Part]:
        reach = self.policy.reach
        parts = [
            _Part("features", far, frozenset(name for name in reach if reach[name] == far))
            for far in sorted(set(reach.values()))
        ]
        if self.policy.numbers > 1:
            parts.append(_Part("multivariate", max(reach.values(), default=0)))
        return parts

    def _begin(self, part: _Part, seen: Sequence[Window]) -> list[Fact]:
        first = self.history.begun["features"] + part.reach
        filled = [window for window in seen if window.version == self._set and window.start >= first]
        reference = self._reference(part, filled)
        if not reference:
            return []
        note = " (provisional reference)" if self.model.is_baseline else ""
        held = [part.of(window) for window in reference]
        part.watch = Fields(self.policy, part.kind, self.model.version, held, note, self.model.importance)
        after = max(self.model.clock, reference[-1].end)
        return [fact for window in filled if window.end > after for fact in part.watch.update(part.of(window))]

    def _reference(self, part: _Part, filled: Sequence[Window]) -> Sequence[Window]:
        """The newest windows of the training period, where these are enough, else the first since that began; none
        while that isn't known. Enough are several times as many as one window tells of."""
        model, policy = self.model, self.policy
        if not filled or filled[-1].end <= model.trained_through:
            return ()
        several = min(STRETCHES * -(-part.reach // policy.window), KEPT * policy.reference)
        full = max(policy.reference, several)
        since = [window for window in filled if window.start >= model.trained_from]
        inside = [window for window in since if window.end <= model.trained_through]
        if not model.is_baseline and len(inside) >= max(policy.arm, several):
            return inside[-full:]
        return since[:full] if len(since) >= full else ()
