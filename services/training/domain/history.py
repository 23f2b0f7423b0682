"""What training knows: a fold of `datasets`, `alerts`, `requests` and its own `runs` and `yardsticks`."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import msgpack

from services.contracts.entries import Changes, Entries
from services.contracts.release_name import ReleaseName
from services.training.domain.next_run import Held

_ALL = b"all"
Value = Mapping[str, Any]


@dataclass(slots=True)
class Run:
    """One run. requests: that it answers beside `request_id`. features, model: its `recipe`, empty where none was
    recorded. outcome: None while it is open."""

    run_id: str
    trigger: str
    alert_id: str | None
    request_id: str | None
    clock: int
    rows: int
    positives: int
    version: str
    requests: list[str] = field(default_factory=list)
    features: str = ""
    model: str = ""
    outcome: str | None = None

    @property
    def of_policy(self) -> bool:
        """Whether it only chooses a decision policy."""
        return ReleaseName.of(self.version).is_refreshed


_OF_RUNS = tuple(one.name for one in fields(Run) if one.name != "outcome")


@dataclass(frozen=True, slots=True)
class Milestone:
    """How much had matured at a time of the pipeline's clock."""

    clock: int
    matured_time: int
    rows: int
    positives: int


@dataclass(slots=True)
class History:
    """Facts in the order of their topics; the topics may come in any order to one another. steps: that the open run has
    told of. held: run by the key of what limits held back, see `Held`. measured: clock of the newest dataset that a
    yardstick was measured by."""

    dataset: Value | None = None
    milestones: list[Milestone] = field(default_factory=list)
    alerts: dict[str, Value] = field(default_factory=dict)
    cleared: dict[str, str] = field(default_factory=dict)
    requests: dict[str, Value] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    started: dict[str, Value] = field(default_factory=dict)
    waiting: dict[str, Value] = field(default_factory=dict)
    steps: int = 0
    held: dict[str, str] = field(default_factory=dict)
    measured: int = -1
    changed: bool = field(default=False, compare=False)

    @property
    def open_run(self) -> Value | None:
        """The RunStarted of the run that is going on."""
        return self.started.get(self.runs[-1].run_id) if self.runs and self.runs[-1].outcome is None else None

    @property
    def of_models(self) -> list[Run]:
        """The runs that learn a model."""
        return [run for run in self.runs if not run.of_policy]

    @property
    def handled(self) -> set[str]:
        """Ids of alerts and requests that have led to a run, or to its end without one."""
        return {subject for run in self.runs for subject in (run.alert_id, run.request_id, *run.requests) if subject}

    def since(self, time: int) -> tuple[int, int]:
        """Matured rows and positives of events after a time."""
        if not self.milestones:
            return 0, 0
        before = [milestone for milestone in self.milestones if milestone.matured_time <= time]
        rows, positives = (before[-1].rows, before[-1].positives) if before else (0, 0)
        return self.milestones[-1].rows - rows, self.milestones[-1].positives - positives

    def span(self) -> int:
        """Length of event time, in microseconds, in which every event has matured."""
        return self.milestones[-1].matured_time - self.milestones[0].matured_time if self.milestones else 0

    def after(self, facts: list[tuple[str, Value]]) -> "History":
        """A copy with further facts."""
        copy = deepcopy(self)
        copy.apply(facts)
        return copy

    def apply(self, facts: list[tuple[str, Value]]) -> None:
        """Take over records by their full name, in order."""
        self.changed = self.changed or bool(facts)
        for kind, value in facts:
            getattr(self, FOLDS[kind])(value)

    def extend(self, value: Value) -> None:
        """DatasetExtended."""
        self.dataset = value
        if value["matured_time"] is not None:
            self.milestones.append(Milestone(value["clock"], value["matured_time"], value["rows"], value["positives"]))

    def raise_alert(self, value: Value) -> None:
        """AlertRaised."""
        self.alerts.setdefault(value["alert_id"], value)

    def clear_alert(self, value: Value) -> None:
        """AlertCleared."""
        self.cleared[value["alert_id"]] = value["reason"]

    def ask(self, value: Value) -> None:
        """RetrainRequested."""
        self.requests.setdefault(value["request_id"], value)

    def wait(self, value: Value) -> None:
        """RunWaiting."""
        self.waiting[value["run_id"]] = value

    def hold(self, value: Value) -> None:
        """RunHeld."""
        held = Held(**{one.name: value[one.name] for one in fields(Held)})
        self.held[held.key] = held.run_id

    def start(self, value: Value) -> None:
        """RunStarted."""
        self.waiting.pop(value["run_id"], None)
        self.runs.append(Run(**{name: value[name] for name in _OF_RUNS}))
        self.started[value["run_id"]] = value
        self.steps = 0

    def progress(self, value: Value) -> None:
        """RunProgressed."""
        self.steps = value["number"]

    def finish(self, value: Value) -> None:
        """RunFinished; a run that never started, for want of evidence, is known only from this."""
        waited = self.waiting.pop(value["run_id"], None)
        if waited is not None:
            self.runs.append(
                Run(value["run_id"], waited["trigger"], waited["alert_id"], None, value["clock"], 0, 0, "")
            )
        self.started.pop(value["run_id"], None)
        ended = self.runs[-1]
        ended.outcome = value["outcome"]
        ended.features, ended.model = value["features"] or ended.features, value["model"] or ended.model

    def measure(self, value: Value) -> None:
        """YardstickMeasured."""
        self.measured = value["clock"]

    def changes(self) -> Changes:
        """Everything, if something changed since this was asked last: facts are few."""
        changed, self.changed = self.changed, False
        return {_ALL: self.to_bytes()} if changed else {}

    @classmethod
    def load(cls, entries: Entries) -> "History":
        """What told these entries."""
        (data,) = entries.get([_ALL])
        return cls() if data is None else cls.from_bytes(data)

    def to_bytes(self) -> bytes:
        """As MessagePack."""
        plain = asdict(self)
        del plain["changed"]
        packed: bytes = msgpack.packb(plain)
        return packed

    @classmethod
    def from_bytes(cls, data: bytes) -> "History":
        """The same history."""
        plain = msgpack.unpackb(data)
        plain["milestones"] = [Milestone(**milestone) for milestone in plain["milestones"]]
        plain["runs"] = [Run(**run) for run in plain["runs"]]
        return cls(**plain)


FOLDS = {
    "driftmill.DatasetExtended": "extend",
    "driftmill.AlertRaised": "raise_alert",
    "driftmill.AlertCleared": "clear_alert",
    "driftmill.RetrainRequested": "ask",
    "driftmill.RunWaiting": "wait",
    "driftmill.RunHeld": "hold",
    "driftmill.RunStarted": "start",
    "driftmill.RunProgressed": "progress",
    "driftmill.RunFinished": "finish",
    "driftmill.YardstickMeasured": "measure",
}
"""What training knows by: records by their full name. It passes over all others of its topics."""
