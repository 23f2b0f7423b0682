"""Tells what happens, in sentences, from the records of the control plane and the first answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from services.chassis import clock
from services.cli.domain.moment import iso
from services.cli.history import criterion_text
from services.contracts.baseline import BASELINE
from services.contracts.record import Record, Value

Tone = Literal["plain", "good", "warning", "bad", "quiet"]
NOT_ENOUGH = "not_enough"
_WHAT = {
    "estimated": "Expected to be worse",
    "integrity": "Broken data",
    "floor": "Beyond the floor",
    "fairness": "Unfair",
    "stale": "Grown old",
    "yardstick": "A simple learner is better",
    "numerical": "Answers fail or leave no doubt",
    "skew": "Served otherwise than learnt",
    "learner": "Always refused",
    "classes": "Not listed",
}
"""Kinds of alerts that aren't about drift."""


@dataclass(frozen=True)
class Beat:
    """One thing that happened. time: the pipeline's clock, microseconds, if it has one. details: lines below it."""

    text: str
    tone: Tone = "plain"
    time: int | None = None
    details: tuple[str, ...] = ()


@dataclass
class Story:
    """What is known so far. baseline: what answers before the first model, in words."""

    baseline: str
    clock: int = 0
    matured: int = 0
    positives: int = 0
    champion: str = BASELINE
    waiting: str = ""
    released: list[str] = field(default_factory=list)
    alerted: list[str] = field(default_factory=list)
    """Versions that were released after an alert, whatever asked for their runs."""
    refused: list[str] = field(default_factory=list)
    triggers: dict[str, str] = field(default_factory=dict)
    """Version → what asked for its run."""
    alerts: dict[str, Value] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    """Run → how it ended, or `waiting` or `running`."""
    moves: list[dict[str, Any]] = field(default_factory=list)
    timings: list[dict[str, Any]] = field(default_factory=list)
    _answered: bool = False
    _active: set[str] = field(default_factory=set)
    _begun: dict[str, float] = field(default_factory=dict)
    _alerted: float | None = None
    """When the last alert was raised, by the monotonic clock."""
    _untold: dict[str, Beat] = field(default_factory=dict)
    """Beginnings of runs that are told only if the run comes to something: the first that found too little was told."""

    def tell(self, record: Record) -> list[Beat]:
        """What follows from a record; most tell nothing."""
        tellers: dict[str, Callable[[Value], list[Beat]]] = {
            "driftmill.Prediction": self._prediction,
            "driftmill.ModelActivated": self._activated,
            "driftmill.DatasetExtended": self._extended,
            "driftmill.RunWaiting": self._waiting,
            "driftmill.RunStarted": self._started,
            "driftmill.RunFinished": self._finished,
            "driftmill.ModelMoved": self._moved,
            "driftmill.AlertRaised": self._raised,
            "driftmill.AlertCleared": self._cleared,
        }
        teller = tellers.get(record.kind)
        return teller(record.value) if teller else []

    def _prediction(self, value: Value) -> list[Beat]:
        if self._answered:
            return []
        self._answered = True
        text = f"First answer, by the baseline ({self.baseline}). Now labels are waited for."
        return [Beat(text, "good", value["event_time"])]

    def _activated(self, value: Value) -> list[Beat]:
        model = value["model"]
        if model in self._active or model == BASELINE:
            return []
        self._active.add(model)
        if model in self._begun:
            now = clock.monotonic()
            timing: dict[str, Any] = {"version": model, "trigger": self.triggers[model]}
            timing["run_to_answers_seconds"] = round(now - self._begun[model], 2)
            if timing["trigger"] == "alert" and self._alerted is not None:
                timing["alert_to_answers_seconds"] = round(now - self._alerted, 2)
            self.timings.append(timing)
        return [Beat(f"{model} answers.", "good", self.clock)]

    def _extended(self, value: Value) -> list[Beat]:
        self.clock, self.matured, self.positives = value["clock"], value["rows"], value["positives"]
        return []

    def _waiting(self, value: Value) -> list[Beat]:
        counts = f"{value['have']:,} of {value['need']:,}"
        self.waiting = value["reason"] if counts in value["reason"] else f"{value['reason']} ({counts})"
        if value["run_id"] in self.runs:
            return []
        self.runs[value["run_id"]] = "waiting"
        since = f"; the change is put at {iso(value['change_point'])}" if value["change_point"] else ""
        return [Beat(f"A run is asked for and waits: {self.waiting}{since}.", "warning", value["clock"])]

    def _started(self, value: Value) -> list[Beat]:
        self.waiting = ""
        self.runs[value["run_id"]] = "running"
        self.triggers[value["version"]] = value["trigger"]
        self._begun[value["version"]] = clock.monotonic()
        beat = Beat(f"Training of {value['version']} begins: {value['reason']}", "plain", value["clock"])
        if not self.released and NOT_ENOUGH in self.runs.values():
            self._untold[value["run_id"]] = beat
            return []
        return [beat]

    def _finished(self, value: Value) -> list[Beat]:
        outcome, begun = value["outcome"], self._untold.pop(value["run_id"], None)
        self.runs[value["run_id"]] = outcome
        self.waiting = value["reason"] if outcome == NOT_ENOUGH else ""
        if outcome == NOT_ENOUGH and begun is not None:
            return []
        if outcome == "candidate":
            beat = Beat(f"{value['version']} is trained: {value['reason']}", "quiet", value["clock"])
        else:
            tone: Tone = "bad" if outcome == "failed" else "plain"
            beat = Beat(f"The run ends without a candidate ({outcome}): {value['reason']}", tone, value["clock"])
        return [begun, beat] if begun is not None else [beat]

    def _moved(self, value: Value) -> list[Beat]:
        version, state = value["version"], value["to_state"]
        details = tuple(criterion_text(criterion) for criterion in value["criteria"])
        self.moves.append(
            {"version": version, "to": state, "clock": iso(value["clock"]), "reason": value["reason"]}
            | {"criteria": list(details)}
        )
        if state == "champion":
            self.champion = version
            self.released.append(version)
            if self.alerts:
                self.alerted.append(version)
            return [Beat(f"{version} is released: {value['reason']}", "good", value["clock"], details)]
        if state == "rejected":
            self.refused.append(version)
            return [Beat(f"{version} is refused: {value['reason']}", "warning", value["clock"], details)]
        return [Beat(f"{version} is {state}: {value['reason']}", "quiet", value["clock"])]

    def _raised(self, value: Value) -> list[Beat]:
        if value["alert_id"] in self.alerts:
            return []
        self.alerts[value["alert_id"]] = value
        self._alerted = clock.monotonic()
        numbers = f"{value['value']:.4g} against {value['threshold']:.4g}"
        what = _WHAT.get(value["kind"], f"Drift in {value['kind']}")
        text = f"{what} ({value['name']}, {numbers}): {value['message']}"
        return [Beat(text, "bad", value["clock"])]

    def _cleared(self, value: Value) -> list[Beat]:
        alert = self.alerts.get(value["alert_id"])
        name = f"{alert['kind']} ({alert['name']})" if alert else value["alert_id"]
        return [Beat(f"Alert on {name} is over: {value['reason']}", "quiet", value["clock"])]
