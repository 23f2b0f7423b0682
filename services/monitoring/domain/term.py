"""Watching under one champion: its reference, its detectors, its open alerts.

A term depends on its model and on the windows alone, not on when either was seen: what of it has passed before the
model is known is fed to it afterwards.
"""

from dataclasses import replace

from services.contracts.pipeline.learning_task import LEARNING_TASKS
from services.monitoring.domain.age import AgeWatch
from services.monitoring.domain.alert import Classified, Cleared, Fact, Raised, Updated
from services.monitoring.domain.attribution import Suspect, of_fields, suspects
from services.monitoring.domain.cusum import CALM
from services.monitoring.domain.estimate import EstimateWatch
from services.monitoring.domain.fairness import FairnessWatch
from services.monitoring.domain.features import FeatureWatch
from services.monitoring.domain.fields import Fields
from services.monitoring.domain.floor import FloorWatch
from services.monitoring.domain.integrity import Integrity
from services.monitoring.domain.line import WARM_UP, Line
from services.monitoring.domain.nature import Natures
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.reference import History, Model, Tenure, inputs_reference
from services.monitoring.domain.stability import StabilityWatch
from services.monitoring.domain.volume import consecutive
from services.monitoring.domain.window import Window


class Term:
    """Begins with what `history` holds of the model's time already; `begin` says what follows from that.

    tenures: of the champions before it.
    """

    def __init__(self, policy: Policy, model: Model, history: History, tenures: tuple[Tenure, ...] = ()) -> None:
        self.model = model
        self.line = Line(policy, model, history, tenures)
        self._policy, self._history = policy, history
        self._inputs: Fields | None = None
        self._features = FeatureWatch(policy, model, history)
        self._integrity: Integrity | None = None
        self._scores: Fields | None = None
        self._own: list[Window] = []
        self._natures = Natures(policy.season * policy.window, max(CALM, policy.season))
        self._importance = of_fields(model.importance, policy.ancestry)
        self._told: dict[str, Raised] = {}
        self._estimate = EstimateWatch(policy, model)
        self._stability = StabilityWatch(policy, model.version, model.is_baseline)
        self._age = AgeWatch(policy.pipeline, model, policy.max_age)
        self._floors = [FloorWatch(policy.pipeline, model.version, floor) for floor in policy.floors]
        self._fairness = [FairnessWatch(policy.pipeline, model.version, limit, policy.arm) for limit in policy.fairness]
        self._skipped = {"inputs": 0, "scores": 0, "quality": 0}

    def begin(self) -> list[Fact]:
        """Take in the windows of the model's time that have passed."""
        clock, version = self.model.clock, self.model.version
        facts = self._inputs_so_far() + self._features.begin()
        facts += [fact for window in self._history.of("inputs", "", clock) for fact in self._age.update(window)]
        facts = self._explained(facts)
        for window in (*self._history.of("scores", version, clock), *self.line.late()):
            facts += self.update(window)
        for window in self._history.of("quality", version, clock):
            facts += self.update(window)
        return facts

    def update(self, window: Window) -> list[Fact]:
        """Take in a window, which is in the history already."""
        facts = self._explained(self._judged(window))
        if window.stream == "quality" and (self.line.holds(window) or window.version == self.model.version):
            facts += self._natures.mature(window.start, window.clock, self.line.quality.has_judged)
        return facts

    def _explained(self, facts: list[Fact]) -> list[Fact]:
        """With what is known of the drift behind alerts, and of the fields."""
        explained = [self._alert(fact) if isinstance(fact, Raised) else fact for fact in facts]
        self._natures.take(explained)
        return explained

    def _alert(self, raised: Raised) -> Raised:
        found: tuple[Suspect, ...] = raised.suspects
        if raised.kind in ("scores", "quality") and self._inputs is not None and raised.change is not None:
            since = raised.change.point - self._policy.window
            moved = self._inputs.moved(since, raised.clock) | self._features.moved(since, raised.clock)
            found = suspects(moved, self._importance)
        self._told[raised.alert_id] = replace(raised, drift=self._natures.of(raised), suspects=found)
        return self._told[raised.alert_id]

    def _judged(self, window: Window) -> list[Fact]:
        if window.stream == "inputs":
            moved = self._inputs_so_far() if self._inputs is None else self._input(window)
            return moved + (self._age.update(window) if window.end > self.model.clock else [])
        if window.stream == "features":
            return self._features.update(window)
        if window.stream == "quality" and self.line.holds(window):
            return self.line.quality.update(window)
        if window.version != self.model.version or window.end <= self.model.clock or self._skip(window.stream):
            return []
        return self._quality(window) if window.stream == "quality" else self._score(window)

    def open(self) -> list[Raised]:
        """Alerts that stand, in the order of their clocks."""
        held = [raised for fields in (self._inputs, self._scores) if fields for raised in fields.open.values()]
        held += [*self._features.open, *(self._integrity.open if self._integrity else [])]
        held += [watch.standing.raised for watch in self._floors if watch.standing is not None]
        held += [one for one in (*(watch.raised for watch in self._fairness), self._age.raised) if one is not None]
        held += [*self._estimate.open, *self._stability.open.values(), *self.line.quality.open]
        told = [self._told.get(raised.alert_id, raised) for raised in held]
        return sorted(told, key=lambda raised: (raised.clock, raised.alert_id))

    def classified(self) -> list[Classified]:
        """What became known of the drift behind alerts that stand."""
        standing = {raised.alert_id for raised in self.open()}
        return [fact for fact in self._natures.known.values() if fact.alert_id in standing]

    def updates(self) -> list[Updated]:
        """The newest update of each of them that was updated."""
        held = [update for fields in (self._inputs, self._scores) if fields for update in fields.updates]
        held += [*self._features.updates, *(self._integrity.updates if self._integrity else [])]
        held += [watch.standing.update for watch in self._floors if watch.standing and watch.standing.update]
        return sorted(held + self.line.quality.updates, key=lambda update: (update.clock, update.alert_id))

    def superseded(self, clock: int) -> list[Fact]:
        """What ends the alerts that stand when another model takes over at `clock`."""
        return [Cleared(raised.alert_id, max(clock, raised.clock), "superseded") for raised in self.open()]

    def _inputs_so_far(self) -> list[Fact]:
        seen = self._history.of("inputs", "")
        reference = inputs_reference(self._policy, self.model, seen)
        if len(reference) < (self._policy.provisional if self.model.is_baseline else self._policy.arm):
            return []
        note = " (provisional reference)" if self.model.is_baseline else ""
        self._inputs = Fields(self._policy, "inputs", self.model.version, reference, note)
        called = "the provisional reference" if self.model.is_baseline else "the reference"
        steady = consecutive(self._policy, self.model, seen, reference)
        self._integrity = Integrity(self._policy, self.model.version, reference, steady, called)
        after = max(self.model.clock, reference[-1].end)
        return [fact for window in seen if window.end > after for fact in self._input(window)]

    def _input(self, window: Window) -> list[Fact]:
        if self._skip("inputs"):
            return []
        return [fact for watch in (self._inputs, self._integrity) if watch for fact in watch.update(window)]

    def _skip(self, stream: str) -> bool:
        self._skipped[stream] += 1
        return not self.model.is_baseline and self._skipped[stream] <= WARM_UP

    def _quality(self, window: Window) -> list[Fact]:
        beyond = [fact for floor in self._floors for fact in floor.update(window)]
        unfair = [fact for limit in self._fairness for fact in limit.update(window)]
        return self.line.quality.update(window) + beyond + unfair

    def _score(self, window: Window) -> list[Fact]:
        # scores may be those of a rule, or of how unusual an event is: nothing follows from how sure they are
        means_chances = LEARNING_TASKS[self._policy.kind].labelled and not self.model.is_baseline
        estimated = self._estimate.update(window) if means_chances else []
        return self._moved(window) + estimated + self._stability.update(window)

    def _moved(self, window: Window) -> list[Fact]:
        if self._scores is not None:
            return self._scores.update(window)
        self._own.append(window)
        if len(self._own) == self._policy.arm:
            self._scores = Fields(self._policy, "scores", self.model.version, self._own, "")
            self._own = []
        return []
