"""The training step: decides when a run starts, records it, and records what came of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson

from services.chassis.step import Waiting, take_all
from services.contracts.decision_policy import NO_POLICY
from services.contracts.entries import Entries
from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Record, Result
from services.contracts.topics import topic_named
from services.training.domain.history import History, Value
from services.training.domain.trigger import Decision, GiveUp, Start, Wait, decide, started_value

Fact = tuple[str, Value]
Named = Callable[[], str | None]
"""Tells the name of a version, if there is one."""

_ASKED = "driftmill.RetrainRequested"
_OF_OTHERS = frozenset(topic_named("requests").records) - {_ASKED}
"""Requests that the registry and the lake answer."""


class Workshop(Protocol):
    """Where a run is worked on, outside the loop."""

    def result_of(self, run: Value) -> Mapping[str, Any] | None:
        """The result of an open run, or None while it is worked on. Starts the work if nobody does it.

        run: a RunStarted. Keys: outcome, reason, report; candidate (without version, run_id, clock) where there is one;
        recipe, of what it learnt by, unless it failed.
        """
        ...

    def steps_of(self, run: Value) -> Sequence[str]:
        """The steps that it has come to, in words: all of them once there is a result."""
        ...


class TrainingStep:
    """One run at a time. `champion` tells which version answers now, None for the baseline; `challenger` which one is
    in flight, None if none is.
    """

    inputs: tuple[str, ...] = ("datasets", "alerts", "requests")
    log: tuple[str, ...] = ("datasets", "alerts", "requests", "runs")
    digest = "training-2"

    def __init__(self, pipeline: Pipeline, champion: Named, challenger: Named, workshop: Workshop) -> None:
        self._pipeline, self._champion, self._challenger, self._workshop = pipeline, champion, challenger, workshop

    def new_state(self, partition: int) -> History:
        return History()

    def load_state(self, partition: int, entries: Entries) -> History:
        return History.load(entries)

    def take(self, state: History, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        """One record, an alert before the datasets that are later than it: each decision stands on the one before."""
        datasets, alerts = waiting["datasets"].records, waiting["alerts"].records
        if datasets and alerts and alerts[0].kind != "poison" and alerts[0].value["clock"] < _clock(datasets[0]):
            return [alerts.popleft()]
        return take_all(waiting, 1)

    def fold(self, state: History, batch: Sequence[Record]) -> None:
        state.apply([(record.kind, record.value) for record in batch if record.kind not in _OF_OTHERS])

    def process(self, state: History, batch: Sequence[Record]) -> Result[list[Fact]]:
        facts: list[Fact] = []
        outputs: list[Output] = []
        for record in batch:
            if record.kind in _OF_OTHERS:
                continue
            facts.append((record.kind, record.value))
            if record.kind == _ASKED:
                outputs.append(_asked(record))
            if record.kind in ("driftmill.DatasetExtended", _ASKED):
                made = self._decide(state, facts)
                facts += made
                outputs += [_recorded(kind, value) for kind, value in made]
                outputs += [_audited(kind, value) for kind, value in made if kind != "driftmill.RunWaiting"]
        return Result(facts, outputs)

    def idle(self, state: History, now: int) -> Result[list[Fact]] | None:
        run = state.open_run
        if run is None:
            return None
        result = self._workshop.result_of(run)
        facts = _progress(run, self._workshop.steps_of(run), state.steps)
        outputs = [_recorded(kind, value) for kind, value in facts]
        refused: Mapping[str, str] = {}
        if result is not None:
            refused = result["report"].get("refused", {})
            finished = _finished(run, result)
            facts.append(finished)
            outputs += [_recorded(*finished), _audited(*finished)]
            if result["outcome"] == "candidate":
                candidate = {"version": run["version"], "run_id": run["run_id"], "clock": run["clock"]}
                value = candidate | {**NO_POLICY, **result["candidate"]}
                outputs.append(Output("candidates", run["version"], "driftmill.CandidateProposed", value))
        return Result(facts, outputs, refused=dict.fromkeys(refused, 1)) if facts else None

    def _decide(self, state: History, facts: list[Fact]) -> list[Fact]:
        if state.open_run is not None:
            return []
        history = state.after(facts)
        champion = self._champion()
        decision = decide(self._pipeline, history, champion is not None, self._challenger() is not None)
        return [] if decision is None else _facts(self._pipeline, decision, history, champion)


def _progress(run: Value, steps: Sequence[str], told: int) -> list[Fact]:
    """A run that is begun anew comes to the same steps: those that were told aren't told again."""
    about = {"run_id": run["run_id"], "clock": run["clock"]}
    numbered = list(enumerate(steps, 1))[told:]
    return [("driftmill.RunProgressed", about | {"number": number, "step": step}) for number, step in numbered]


def _finished(run: Value, result: Mapping[str, Any]) -> Fact:
    value = {
        "run_id": run["run_id"],
        "clock": run["clock"],
        "outcome": result["outcome"],
        "version": run["version"] if result["outcome"] == "candidate" else None,
        "reason": result["reason"],
        "report": orjson.dumps(result["report"], option=orjson.OPT_SORT_KEYS),
        "features": run["features"],
        "model": run["model"],
    }
    return "driftmill.RunFinished", value | dict(result.get("recipe", {}))


def _clock(record: Record) -> int:
    return int(record.value["clock"]) if record.kind != "poison" else 0


def _facts(pipeline: Pipeline, decision: Decision, history: History, champion: str | None) -> list[Fact]:
    assert history.dataset is not None
    clock = history.dataset["clock"]
    if isinstance(decision, Start):
        dataset = orjson.dumps(_told(history.dataset), option=orjson.OPT_SORT_KEYS)
        started = started_value(pipeline, decision, history, champion)
        return [("driftmill.RunStarted", started | {"dataset": dataset})]
    if isinstance(decision, GiveUp):
        ended = {"run_id": decision.run_id, "clock": clock, "outcome": "no_evidence", "version": None}
        nothing = {"report": b"{}", "features": "", "model": ""}
        return [("driftmill.RunFinished", ended | {"reason": decision.reason} | nothing)]
    return _waiting(decision, history, clock)


def _told(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """A dataset as runs and manifests hold it: of events that were acted on only where there are some."""
    return {name: value for name, value in dataset.items() if value or name != "censored"}


def _waiting(decision: Wait, history: History, clock: int) -> list[Fact]:
    before = history.waiting.get(decision.run_id)
    if before is not None and before["have"] == decision.have:
        return []
    value = {
        "run_id": decision.run_id,
        "trigger": "alert",
        "alert_id": decision.alert_id,
        "clock": clock,
        "change_point": decision.change_point,
        "have": decision.have,
        "need": decision.need,
        "until": decision.until,
        "reason": decision.reason,
    }
    return [("driftmill.RunWaiting", value)]


def _recorded(kind: str, value: Value) -> Output:
    return Output("runs", value["run_id"], kind, value)


def _audited(kind: str, value: Value) -> Output:
    action = "run started" if kind == "driftmill.RunStarted" else f"run ended: {value['outcome']}"
    audit_id = f"{value['run_id']}/{kind.removeprefix('driftmill.')}"
    return _audit(audit_id, "training", action, value["run_id"], value["reason"], value["clock"])


def _asked(record: Record) -> Output:
    """A request has no clock of the pipeline: when it was appended says when."""
    request = record.value
    audit_id = f"request-{request['request_id']}"
    return _audit(audit_id, request["by"], "run asked for", request["request_id"], request["reason"], record.timestamp)


def _audit(audit_id: str, actor: str, action: str, subject: str, reason: str, clock: int) -> Output:
    value = {
        "audit_id": audit_id,
        "actor": actor,
        "action": action,
        "subject": subject,
        "reason": reason,
        "clock": clock,
        "evidence": "{}",
    }
    return Output("audit", audit_id, "driftmill.AuditRecorded", value)
