"""The training step: decides when a run starts, records it, and records what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

import orjson

from services.chassis.step import Waiting, take_all
from services.contracts.decision_policy import NO_POLICY
from services.contracts.entries import Entries
from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Record, Result
from services.training.domain import audit
from services.training.domain.history import FOLDS, History, Value
from services.training.domain.next_run import Decision, GiveUp, Held, Start, Wait
from services.training.domain.trigger import decide, held_back, started_value

Fact = tuple[str, Value]
Named = Callable[[], str | None]
"""Tells the name of a version, if there is one."""

_ASKED = "driftmill.RetrainRequested"
_MEASURED = "driftmill.YardstickMeasured"


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


class Yardsticks(Protocol):
    """Where an online learner is measured by the datasets, outside the loop."""

    def measured(self, after: int) -> Sequence[Value]:
        """The YardstickMeasured of datasets with a later clock, in order, as far as they have been measured."""
        ...


class TrainingStep:
    """One run at a time. `champion` tells which version answers now, None for the baseline; `challenger` which one is
    in flight, None if none is. yardsticks: None where none is asked for.
    """

    inputs: tuple[str, ...] = ("datasets", "alerts", "requests")
    log: tuple[str, ...] = ("datasets", "alerts", "requests", "runs", "yardsticks")
    digest = "training-3"

    def __init__(
        self,
        pipeline: Pipeline,
        champion: Named,
        challenger: Named,
        workshop: Workshop,
        yardsticks: Yardsticks | None = None,
    ) -> None:
        self._pipeline, self._champion, self._challenger, self._workshop = pipeline, champion, challenger, workshop
        self._yardsticks = yardsticks

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
        state.apply([(record.kind, record.value) for record in batch if _is_heeded(record)])

    def process(self, state: History, batch: Sequence[Record]) -> Result[list[Fact]]:
        facts: list[Fact] = []
        outputs: list[Output] = []
        for record in batch:
            if not _is_heeded(record):
                outputs += [audit.refused(record)] if record.kind == _ASKED else []
                continue
            facts.append((record.kind, record.value))
            if record.kind == _ASKED:
                outputs.append(audit.asked(record))
            if record.kind in ("driftmill.DatasetExtended", _ASKED):
                made = self._decide(state, facts)
                facts += made
                outputs += [_recorded(kind, value) for kind, value in made]
                outputs += [one for kind, value in made for one in _audited(state, kind, value, record)]
        return Result(facts, outputs)

    def idle(self, state: History, now: int) -> Result[list[Fact]] | None:
        facts, outputs = self._measured(state)
        run = state.open_run
        refused = {} if run is None else self._look_at(run, state, facts, outputs)
        return Result(facts, outputs, refused=dict.fromkeys(refused, 1)) if facts else None

    def _measured(self, state: History) -> tuple[list[Fact], list[Output]]:
        """What yardsticks have come to since it was last told."""
        values = [] if self._yardsticks is None else self._yardsticks.measured(state.measured)
        facts = [(_MEASURED, value) for value in values]
        return facts, [Output("yardsticks", value["dataset_id"], _MEASURED, value) for value in values]

    def _look_at(self, run: Value, state: History, facts: list[Fact], outputs: list[Output]) -> Mapping[str, str]:
        """Tell what an open run has come to; the learners whose files it refused."""
        result = self._workshop.result_of(run)
        told = _progress(run, self._workshop.steps_of(run), state.steps)
        facts += told
        outputs += [_recorded(kind, value) for kind, value in told]
        if result is None:
            return {}
        finished = _finished(run, result)
        facts.append(finished)
        outputs += [_recorded(*finished), audit.ended(finished[1], state)]
        if result["outcome"] == "candidate":
            candidate = {"version": run["version"], "run_id": run["run_id"], "clock": run["clock"]}
            value = candidate | {**NO_POLICY, **result["candidate"]}
            outputs.append(Output("candidates", run["version"], "driftmill.CandidateProposed", value))
        refused: Mapping[str, str] = result["report"].get("refused", {})
        return refused

    def _decide(self, state: History, facts: list[Fact]) -> list[Fact]:
        if state.open_run is not None:
            return []
        history = state.after(facts)
        champion, in_flight = self._champion(), self._challenger() is not None
        decision = decide(self._pipeline, history, champion, in_flight)
        made = [] if decision is None else _facts(self._pipeline, decision, history, champion)
        held = None if isinstance(decision, Start) else held_back(self._pipeline, history, champion, in_flight)
        return made if held is None else [*made, _held(held, history)]


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


def _is_heeded(record: Record) -> bool:
    """Whether something may follow from it: not from what others answer, nor from what nobody asks for by name, nor
    from an alert being taken on or silenced: it asks for a run all the same.
    """
    return record.kind in FOLDS and (record.kind != _ASKED or bool(record.value["by"].strip()))


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


def _held(held: Held, history: History) -> Fact:
    assert history.dataset is not None
    return "driftmill.RunHeld", {**asdict(held), "clock": history.dataset["clock"]}


def _recorded(kind: str, value: Value) -> Output:
    return Output("runs", value["run_id"], kind, value)


def _audited(state: History, kind: str, value: Value, cause: Record) -> list[Output]:
    """What people look at later. Of a run that goes on waiting nothing new is told."""
    if kind == "driftmill.RunWaiting":
        return [] if value["run_id"] in state.waiting else [audit.waits(value, cause)]
    told = {
        "driftmill.RunHeld": audit.held,
        "driftmill.RunStarted": audit.started,
        "driftmill.RunFinished": audit.ended,
    }
    return [told[kind](value, state, cause)]
