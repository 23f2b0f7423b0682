"""Whether a run starts now, and why, or what one waits for. All times are the pipeline's clock, in microseconds."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.contracts.pipeline import Duration, Pipeline
from services.contracts.pipeline.cron import Cron
from services.contracts.release_name import FIRST, ReleaseName
from services.training.domain.alerted import alerted
from services.training.domain.change import change_of
from services.training.domain.history import History, Run
from services.training.domain.limit import Limit, limit_of
from services.training.domain.next_run import Decision, Held, Start, Wait, lacking
from services.training.domain.recipe import recipe
from services.training.domain.sufficiency import learnable, promises, promises_comparison


def decide(pipeline: Pipeline, history: History, champion: str | None, has_challenger: bool = False) -> Decision | None:
    """What follows from the newest dataset; None for nothing. One run at a time.

    champion: the version that answers, None for the baseline. has_challenger: a version is in flight; where the
    baseline answers it is the first model, and no other one is made in its place.
    """
    if history.dataset is None or history.open_run is not None:
        return None
    rested = limit_of(pipeline, history, int(history.dataset["clock"])) is None
    return next(_candidates(pipeline, history, rested, champion, has_challenger), None)


def held_back(pipeline: Pipeline, history: History, champion: str | None, has_challenger: bool = False) -> Held | None:
    """The run that would start but for cooldown and daily budget, if that wasn't told; None for none. Beside `decide`,
    where that starts none."""
    if history.dataset is None or history.open_run is not None:
        return None
    limit = limit_of(pipeline, history, int(history.dataset["clock"]))
    if limit is None:
        return None
    wanted = next(_candidates(pipeline, history, True, champion, has_challenger), None)
    if not isinstance(wanted, Start):
        return None
    said = f"held back by {_said(pipeline, limit)} until {_time(limit.until)}: {wanted.reason}"
    last = limit.last.run_id
    held = Held(wanted.run_id, wanted.trigger, wanted.alert_id, last, limit.name, limit.until, said)
    return None if held.key in history.held else held


def _said(pipeline: Pipeline, limit: Limit) -> str:
    limits = pipeline.retrain.limits
    return f"the cooldown of {limits.cooldown}" if limit.name == "cooldown" else f"{limits.per_day} runs a day"


def _time(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1e6, UTC):%Y-%m-%d %H:%M}"


def _candidates(
    pipeline: Pipeline, history: History, rested: bool, champion: str | None, has_challenger: bool
) -> Iterator[Decision]:
    """In the order of their right. A run that waits for evidence of a change holds back those by labels and schedule:
    they would learn what is over, and spend what the run with evidence needs. Not a first model, nor what people ask or
    have applied, nor another policy.
    """
    assert history.dataset is not None
    clock, has_champion = int(history.dataset["clock"]), champion is not None
    yield from _requested(pipeline, history, has_champion)
    if rested:
        yield from _changed(pipeline, history) if has_champion else _first(pipeline, history, has_challenger)
    answers = sorted(
        alerted(pipeline, history, clock, rested, None if has_challenger else champion),
        key=lambda one: _rank(one, history),
    )
    if has_champion and not any(isinstance(one, Start) for one in answers):
        yield from _refreshing(pipeline, history, clock)
    yield from answers
    if not rested or champion is None:
        return
    for trigger in pipeline.retrain.when:
        if trigger.labels is not None:
            yield from _labelled(pipeline, history, trigger.labels.rows, trigger.labels.positives, champion)
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


def _labelled(
    pipeline: Pipeline, history: History, rows: int | None, positives: int | None, champion: str
) -> Iterator[Start]:
    """Labels that are known late are of events that the champion may have been trained after: a run that could not be
    compared with it waits."""
    have_rows, have_positives = _new(history)
    is_enough = lacking(have_rows, have_positives, rows, positives) is None
    if is_enough and promises_comparison(pipeline, history, champion):
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


def _new(history: History) -> tuple[int, int]:
    """Rows and positives that no run has seen."""
    assert history.dataset is not None
    last = _last(history)
    rows, positives = history.dataset["rows"], history.dataset["positives"]
    return (rows, positives) if last is None else (rows - last.rows, positives - last.positives)


def _last(history: History) -> Run | None:
    return next((run for run in reversed(history.of_models) if run.outcome != "no_evidence"), None)


def _run_id(pipeline: Pipeline, history: History, subject: str) -> str:
    """The same run has the same id however often it is decided on."""
    previous = history.runs[-1].run_id if history.runs else ""
    return hashlib.sha256(f"{pipeline.name}/{previous}/{subject}".encode()).hexdigest()[:16]


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
