"""Whether a run starts now, and why, or what one waits for. All times are the pipeline's clock, in microseconds."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.contracts.pipeline import Duration, Pipeline
from services.contracts.pipeline.cron import Cron
from services.contracts.pipeline.retrain import STALE
from services.contracts.pipeline.retrain import Wait as Awaited
from services.contracts.release_name import FIRST, ReleaseName
from services.training.domain.change import change_of
from services.training.domain.history import History, Run
from services.training.domain.promise import learnable, promises
from services.training.domain.recipe import recipe

_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Start:
    """A run starts. trigger: labels, alert, schedule, changed or request. requests: all that it answers. of_policy: it
    only chooses a decision policy, for the model that answers."""

    run_id: str
    trigger: str
    reason: str
    alert_id: str | None = None
    request_id: str | None = None
    change_point: int | None = None
    requests: tuple[str, ...] = ()
    of_policy: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """A run that an alert asks for waits for matured outcomes after the change."""

    run_id: str
    alert_id: str
    change_point: int
    have: int
    need: int
    until: int
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """A run that waited ends without having begun."""

    run_id: str
    reason: str


Decision = Start | Wait | GiveUp


def decide(pipeline: Pipeline, history: History, champion: str | None, has_challenger: bool = False) -> Decision | None:
    """What follows from the newest dataset; None for nothing. One run at a time.

    champion: the version that answers, None for the baseline. has_challenger: a version is in flight; where the
    baseline answers it is the first model, and no other one is made in its place.
    """
    if history.dataset is None or history.open_run is not None:
        return None
    clock = int(history.dataset["clock"])
    return next(_candidates(pipeline, history, clock, champion, has_challenger), None)


def _candidates(
    pipeline: Pipeline, history: History, clock: int, champion: str | None, has_challenger: bool
) -> Iterator[Decision]:
    """In the order of their right. A run that waits for evidence of a change holds back those by labels and schedule:
    they would learn what is over, and spend what the run with evidence needs. Not a first model, nor what people ask or
    have applied, nor another policy.
    """
    has_champion = champion is not None
    yield from _requested(pipeline, history, has_champion)
    rested = _is_rested(pipeline, history, clock)
    if rested:
        yield from _changed(pipeline, history) if has_champion else _first(pipeline, history, has_challenger)
    alerted = sorted(
        _alerted(pipeline, history, clock, rested, None if has_challenger else champion),
        key=lambda one: _rank(one, history),
    )
    if has_champion and not any(isinstance(one, Start) for one in alerted):
        yield from _refreshing(pipeline, history, clock)
    yield from alerted
    if not rested or not has_champion:
        return
    for trigger in pipeline.retrain.when:
        if trigger.labels is not None:
            yield from _labelled(pipeline, history, trigger.labels.rows, trigger.labels.positives)
        if trigger.every is not None:
            yield from _scheduled(pipeline, history, clock, trigger.every)
        if trigger.cron is not None:
            yield from _due(pipeline, history, clock, trigger.cron)


def _rank(decision: Decision, history: History) -> int:
    """Of several alerts, one that leads to something goes before one that merely goes on waiting."""
    if isinstance(decision, Wait):
        told = history.waiting.get(decision.run_id)
        return 3 if told is not None and told["have"] == decision.have else 2
    return 0 if isinstance(decision, Start) else 1


def _requested(pipeline: Pipeline, history: History, has_champion: bool) -> Iterator[Start]:
    """All that people have asked for by now is one run: of a model, which brings a policy, unless each asked only for a
    policy and there is a model to decide for."""
    handled = history.handled
    asked = tuple(request_id for request_id in history.requests if request_id not in handled)
    if asked:
        first, others = history.requests[asked[0]], len(asked) - 1
        reason = f"{first['by']} asks: {first['reason']}" + (f" (and {others:,} more)" if others else "")
        of_policy = has_champion and all(history.requests[one].get("policy") for one in asked)
        run_id = _run_id(pipeline, history, asked[0])
        yield Start(run_id, "request", reason, request_id=asked[0], requests=asked, of_policy=of_policy)


def _alerted(pipeline: Pipeline, history: History, clock: int, rested: bool, alone: str | None) -> Iterator[Decision]:
    """An alert counts from the first dataset after it, so that the order of arrival of two topics doesn't matter.

    alone: the champion, where no version is in flight beside it.
    """
    model = None if alone is None else ReleaseName.of(alone).model
    waits = {kind: trigger.wait for trigger in pipeline.retrain.when if trigger.alert for kind in trigger.alert}
    floors = {floor.metric for floor in pipeline.monitor.floors if "retrain" in floor.do}
    for alert_id, alert in history.alerts.items():
        asks = alert["kind"] in waits or (alert["kind"] == "floor" and alert["name"] in floors)
        if not asks or alert["clock"] >= clock:
            continue
        if alert_id not in history.handled:
            wait = None if alert["kind"] == STALE else waits.get(alert["kind"])
            yield from _answer(pipeline, history, alert, wait, rested)
        elif rested and alert["version"] == model and alert_id not in history.cleared:
            yield from _again(pipeline, history, alert)


def _answer(
    pipeline: Pipeline, history: History, alert: Mapping[str, Any], wait: Awaited | None, rested: bool
) -> Iterator[Decision]:
    """Only a run that is known to wait is given up: its end would not be told apart from another's otherwise."""
    assert history.dataset is not None
    clock, alert_id, since = history.dataset["clock"], alert["alert_id"], _since(alert)
    run_id = _alert_run_id(pipeline, alert_id)
    waits_already = run_id in history.waiting
    if alert_id in history.cleared:
        if waits_already:
            yield GiveUp(run_id, f"the alert is over ({history.cleared[alert_id]}) before there was evidence")
        return
    rows, positives = history.since(since)
    needs = (wait.rows, wait.positives) if wait else (None, None)
    lacking = _lacking(rows, positives, *needs, "labelled" if pipeline.label.target.task.labelled else "matured")
    if lacking is None and rested:
        yield Start(run_id, "alert", alert["message"], alert_id, change_point=alert["change_point"])
    elif lacking is not None and wait is not None and waits_already and clock >= alert["clock"] + wait.at_most:
        yield GiveUp(run_id, f"{lacking[2]} after {_days(wait.at_most)}: no evidence of the change")
    elif lacking is not None and wait is not None:
        yield Wait(run_id, alert_id, since, lacking[0], lacking[1], alert["clock"] + wait.at_most, lacking[2])


def _again(pipeline: Pipeline, history: History, alert: Mapping[str, Any]) -> Iterator[Start]:
    """An alert that still stands though a run has answered it, since nothing came of that: once twice as much is known
    of the time after the change as then, the next answer rests on more than the last one did.
    """
    assert history.dataset is not None
    alert_id = alert["alert_id"]
    runs = [run for run in history.runs if run.alert_id == alert_id]
    if runs[-1].outcome == "no_evidence":
        return
    rows, _ = history.since(_since(alert))
    then = rows - (history.dataset["rows"] - runs[-1].rows)
    if rows >= 2 * max(1, then):
        known = f"{rows:,} labelled rows are known since, {max(0, then):,} when a run last answered it"
        reason = f"{alert['message']} It goes on: {known}."
        run_id = _alert_run_id(pipeline, alert_id, len(runs))
        yield Start(run_id, "alert", reason, alert_id, change_point=alert["change_point"])


def _since(alert: Mapping[str, Any]) -> int:
    return int(alert["clock"] if alert["change_point"] is None else alert["change_point"])


def _first(pipeline: Pipeline, history: History, is_tried: bool) -> Iterator[Start]:
    """Until a model answers or is tried, a run starts whenever the rows promise enough for each part of the split.

    Training rows are those known before the hold-out begins, so labels that come late push them back.
    """
    rows, positives, span = learnable(pipeline, history)
    if not is_tried and promises(pipeline, rows, positives, span):
        what = "labelled" if pipeline.label.target.task.labelled else "clean"
        reason = f"{rows:,} {what} rows{_with(positives, pipeline)}, and no model yet"
        yield _start(pipeline, history, "labels", reason)


def _changed(pipeline: Pipeline, history: History) -> Iterator[Start]:
    """A run that found too few rows is tried again when what has come since promises enough."""
    change, is_whole = change_of(pipeline, history), True
    if pipeline.model.clean is not None:
        is_whole = promises(pipeline, *learnable(pipeline, history))
    if change is not None and is_whole and (change.tried is None or _has_grown(pipeline, history, change.tried)):
        yield _start(pipeline, history, "changed", f"changed since the last run: {' and '.join(change.parts)}")


def _has_grown(pipeline: Pipeline, history: History, since: int) -> bool:
    return promises(pipeline, *history.since(since), history.milestones[-1].matured_time - since)


def _labelled(pipeline: Pipeline, history: History, rows: int | None, positives: int | None) -> Iterator[Start]:
    have_rows, have_positives = _new(history)
    if _lacking(have_rows, have_positives, rows, positives) is None:
        reason = f"{have_rows:,} new labelled rows{_with(have_positives, pipeline)}"
        yield _start(pipeline, history, "labels", reason)


def _with(positives: int, pipeline: Pipeline) -> str:
    return f" with {positives:,} positives" if pipeline.label.target.task.counts_positives else ""


def _scheduled(pipeline: Pipeline, history: History, clock: int, every: Duration) -> Iterator[Start]:
    last = _last(history)
    if last is not None and clock - last.clock >= every:
        yield _start(pipeline, history, "schedule", f"every {every}")


def _refreshing(pipeline: Pipeline, history: History, clock: int) -> Iterator[Start]:
    """A policy, so long after the last run of any kind, as a model brings one. It takes nothing from models' budget."""
    last = next((run for run in reversed(history.runs) if run.outcome != "no_evidence"), None)
    for trigger in pipeline.retrain.when:
        if trigger.policy is not None and last is not None and clock - last.clock >= trigger.policy:
            start = _start(pipeline, history, "schedule", f"a policy every {trigger.policy}")
            yield replace(start, of_policy=True)


def _due(pipeline: Pipeline, history: History, clock: int, cron: Cron) -> Iterator[Start]:
    """Of several times that have passed since the last run, as when events jump ahead, one run makes up for all."""
    last = _last(history)
    if last is not None and cron.after(last.clock) <= clock:
        yield _start(pipeline, history, "schedule", f"cron {cron}")


def _start(pipeline: Pipeline, history: History, trigger: str, reason: str) -> Start:
    assert history.dataset is not None
    return Start(_run_id(pipeline, history, f"{trigger}/{history.dataset['dataset_id']}"), trigger, reason)


def _lacking(
    rows: int, positives: int, need_rows: int | None, need_positives: int | None, which: str = "labelled"
) -> tuple[int, int, str] | None:
    """Have, need and a sentence for the first need that isn't met; None when all are."""
    for have, need, what in ((positives, need_positives, "positives"), (rows, need_rows, "rows")):
        if need is not None and have < need:
            return have, need, f"{have:,} of {need:,} {which} {what} after the change"
    return None


def _new(history: History) -> tuple[int, int]:
    """Rows and positives that no run has seen."""
    assert history.dataset is not None
    last = _last(history)
    rows, positives = history.dataset["rows"], history.dataset["positives"]
    return (rows, positives) if last is None else (rows - last.rows, positives - last.positives)


def _last(history: History) -> Run | None:
    return next((run for run in reversed(history.of_models) if run.outcome != "no_evidence"), None)


def _is_rested(pipeline: Pipeline, history: History, clock: int) -> bool:
    """Whether cooldown and daily budget let a run start."""
    limits = pipeline.retrain.limits
    clocks = [run.clock for run in history.of_models if run.outcome != "no_evidence"]
    today = sum(clock - earlier < _DAY for earlier in clocks)
    return today < limits.per_day and (not clocks or clock - clocks[-1] >= limits.cooldown)


def _run_id(pipeline: Pipeline, history: History, subject: str) -> str:
    """The same run has the same id however often it is decided on."""
    previous = history.runs[-1].run_id if history.runs else ""
    return hashlib.sha256(f"{pipeline.name}/{previous}/{subject}".encode()).hexdigest()[:16]


def _alert_run_id(pipeline: Pipeline, alert_id: str, before: int = 0) -> str:
    """The run of an alert keeps its id while it waits, whatever other runs come in between. before: runs by it."""
    attempt = f"/{before}" if before else ""
    return hashlib.sha256(f"{pipeline.name}/{alert_id}{attempt}".encode()).hexdigest()[:16]


def _days(length: int) -> str:
    return f"{length / _DAY:g} days"


def started_value(pipeline: Pipeline, decision: Start, history: History, champion: str | None) -> dict[str, Any]:
    """The RunStarted record of a decision, without the dataset's bytes."""
    dataset: Mapping[str, Any] = history.dataset or {}
    return {
        "run_id": decision.run_id,
        "trigger": decision.trigger,
        "alert_id": decision.alert_id,
        "request_id": decision.request_id,
        "requests": list(decision.requests),
        "clock": dataset["clock"],
        "change_point": decision.change_point,
        "dataset_id": dataset["dataset_id"],
        "version": _next_policy(history, champion or "") if decision.of_policy else _next_model(history),
        "reason": decision.reason,
        "champion": champion,
        "rows": dataset["rows"],
        "positives": dataset["positives"],
        **recipe(pipeline),
    }


def _next_model(history: History) -> str:
    return f"v{sum(run.outcome == 'candidate' for run in history.of_models) + 1}"


def _next_policy(history: History, champion: str) -> str:
    """Those offered before for the same model, and the one that came with it, have the numbers below."""
    model = ReleaseName.of(champion).model
    offered = (ReleaseName.of(run.version) for run in history.runs if run.of_policy and run.outcome == "candidate")
    return str(ReleaseName(model, FIRST + 1 + sum(one.model == model for one in offered)))
