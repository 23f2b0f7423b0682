"""The Faust agents: profiles, models, the ends of runs, yardsticks and what people ask in, alerts out."""

from collections.abc import Callable, Mapping, Sequence

from services.contracts.audit import asked
from services.contracts.record import POISON, Output, Record
from services.monitoring.domain.alert import (
    CLASSIFIED,
    CLEARED,
    RAISED,
    UPDATED,
    Classified,
    Cleared,
    Fact,
    Raised,
    Updated,
)
from services.monitoring.domain.asked import Asked, NotDone
from services.monitoring.domain.cause import Causes
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.reference import Model
from services.monitoring.domain.refusal import FINISHED, Refusals
from services.monitoring.domain.watch import Watch
from services.monitoring.domain.yardstick import Yardsticks

CHAMPION = "champion"
"""Key of the champion's record in `models`."""
_REACHED = "profiles"
"""Header of an alert: the next offset of `profiles` once the alert's cause was taken in."""


class MonitoringAgents:
    """State: the fold of the profiles, and what stands in `alerts` already, so that nothing is told twice.

    read: from a record of `models` to its model, None for one that isn't to be believed: the one before is watched on.
    """

    log: str = "profiles"
    views: tuple[str, ...] = ("alerts", "models", "runs", "yardsticks")

    def __init__(self, policy: Policy, read: Callable[[Record], Model | None]) -> None:
        self._watch, self._read = Watch(policy), read
        self._refusals, self._yardsticks = Refusals(policy.pipeline), Yardsticks(policy.pipeline)
        self._taken = {"runs": -1, "yardsticks": -1}
        self._raised: dict[str, int] = {}
        self._cleared: set[str] = set()
        self._updated: set[tuple[str, int]] = set()
        self._classified: set[tuple[str, str]] = set()
        self._causes, self._asked = Causes(policy.window), Asked()
        self._told_at: dict[str, int] = {}
        self._reached = 0

    @property
    def handlers(self) -> Mapping[str, Callable[[Record], Sequence[Output]]]:
        """What follows from a record of each topic."""
        topics = {"profiles": self.on_profile, "models": self.on_model, "runs": self.on_run}
        return topics | {"yardsticks": self.on_yardstick, "requests": self.on_request}

    def view(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Take in the alerts that were told, the models as they are, the runs that have ended, and the yardsticks."""
        for record in records["alerts"]:
            if record.kind != POISON:
                self._told(record)
        for record in records["models"]:
            self._model(record)
        for record in records["runs"]:
            self._run(record)
        for record in records["yardsticks"]:
            self._yardstick(record)

    def fold(self, record: Record) -> None:
        """Take in a profile whose alerts were told."""
        self._watch.update(record.value)
        self._reached = record.offset + 1

    def missing(self) -> list[Output]:
        """Bring `alerts` into line with the state: what stands in one of them only.

        Not what a process told that died before it committed: its cause comes again.
        """
        standing = {raised.alert_id: raised for raised in self._standing()}
        facts: list[Fact] = [*standing.values(), *self._watch.updates(), *self._watch.classified()]
        lost_ones = self._raised.keys() - self._cleared - standing.keys()
        for lost in sorted(lost_ones, key=lambda alert_id: (self._raised[alert_id], alert_id)):
            if self._told_at[lost] <= self._reached:
                facts.append(Cleared(lost, max(0, self._watch.clock), "superseded"))
        self._told_at.clear()
        return self._untold(facts)

    def on_profile(self, record: Record) -> list[Output]:
        """What a profile shows."""
        facts = self._watch.update(record.value)
        self._reached = record.offset + 1
        return self._untold(facts, record)

    def on_model(self, record: Record) -> list[Output]:
        """What another champion changes."""
        return self._untold(self._model(record), record)

    def on_run(self, record: Record) -> list[Output]:
        """What the end of a run shows."""
        return self._untold(self._run(record), record)

    def on_yardstick(self, record: Record) -> list[Output]:
        """What a yardstick shows."""
        return self._untold(self._yardstick(record), record)

    def on_request(self, record: Record) -> list[Output]:
        """What people ask of alerts, at the present time of the pipeline's clock."""
        answer = self._asked.answer(record.kind, record.value, max(0, self._watch.clock))
        if answer is None:
            return []
        if isinstance(answer, NotDone):
            return [asked(record, answer.action, answer.subject, answer.reason)]
        self._asked.told(answer.kind, answer.value)
        key = answer.value.get("alert_id") or answer.value["request_id"]
        return [Output("alerts", key, answer.kind, answer.value, source=record)]

    def _told(self, record: Record) -> None:
        kind, value = record.kind, record.value
        self._asked.told(kind, value)
        if kind == RAISED:
            self._causes.told(value)
            self._raised[value["alert_id"]] = value["clock"]
            self._told_at[value["alert_id"]] = int(dict(record.headers).get(_REACHED, b"0"))
        elif kind == UPDATED:
            self._updated.add((value["alert_id"], value["clock"]))
        elif kind == CLASSIFIED:
            self._classified.add((value["alert_id"], value["drift"]))
        elif kind == CLEARED:
            self._cleared.add(value["alert_id"])
            self._causes.cleared(value["alert_id"])

    def _standing(self) -> list[Raised]:
        return [*self._watch.open(), *self._refusals.open(), *self._yardsticks.open()]

    def _is_new(self, record: Record) -> bool:
        """Those of the views come once more."""
        is_new = record.offset > self._taken[record.topic]
        self._taken[record.topic] = max(record.offset, self._taken[record.topic])
        return is_new

    def _run(self, record: Record) -> list[Fact]:
        return self._refusals.update(record.value) if self._is_new(record) and record.kind == FINISHED else []

    def _yardstick(self, record: Record) -> list[Fact]:
        return self._yardsticks.update(record.value) if self._is_new(record) and record.kind != POISON else []

    def _model(self, record: Record) -> list[Fact]:
        if record.key != CHAMPION:
            return []
        if record.raw_value is None:
            return [*self._watch.dismiss(), *self._yardsticks.dismiss()]
        champion = self._read(record)
        return [] if champion is None else [*self._watch.adopt(champion), *self._yardsticks.adopt(champion)]

    def _untold(self, facts: Sequence[Fact], source: Record | None = None) -> list[Output]:
        return [self._output(fact, source) for fact in facts if self._is_news(fact)]

    def _is_news(self, fact: Fact) -> bool:
        if isinstance(fact, Raised):
            news = fact.alert_id not in self._raised
            self._raised.setdefault(fact.alert_id, fact.clock)
        elif isinstance(fact, Updated):
            stands = fact.alert_id in self._raised and fact.alert_id not in self._cleared
            news = stands and (fact.alert_id, fact.clock) not in self._updated
            self._updated.add((fact.alert_id, fact.clock))
        elif isinstance(fact, Classified):
            news = fact.alert_id in self._raised and (fact.alert_id, fact.drift) not in self._classified
            self._classified.add((fact.alert_id, fact.drift))
        else:
            news = fact.alert_id not in self._cleared
            self._cleared.add(fact.alert_id)
        return news

    def _output(self, fact: Fact, source: Record | None) -> Output:
        value = fact.to_record()
        if isinstance(fact, Raised):
            value["cause"] = self._causes.of(fact)
            self._causes.told(value)
        elif isinstance(fact, Cleared):
            self._causes.cleared(fact.alert_id)
        self._asked.told(fact.kind_name, value)
        headers = ((_REACHED, str(self._reached).encode()),)
        return Output("alerts", fact.alert_id, fact.kind_name, value, source=source, headers=headers)
