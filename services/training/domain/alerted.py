"""What an alert leads to: a run with evidence of the change, waiting for it, and another run while it goes on."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.retrain import AT_ONCE
from services.contracts.pipeline.retrain import Wait as Awaited
from services.contracts.release_name import ReleaseName
from services.training.domain.history import History
from services.training.domain.next_run import Decision, GiveUp, Start, Wait, lacking

_DAY = 86_400_000_000


def alerted(pipeline: Pipeline, history: History, clock: int, rested: bool, alone: str | None) -> Iterator[Decision]:
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
            wait = None if alert["kind"] in AT_ONCE else waits.get(alert["kind"])
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
    lacks = lacking(rows, positives, *needs, "labelled" if pipeline.label.target.task.labelled else "matured")
    if lacks is None and rested:
        yield Start(run_id, "alert", alert["message"], alert_id, change_point=alert["change_point"])
    elif lacks is not None and wait is not None and waits_already and clock >= alert["clock"] + wait.at_most:
        yield GiveUp(run_id, f"{lacks[2]} after {_days(wait.at_most)}: no evidence of the change")
    elif lacks is not None and wait is not None:
        yield Wait(run_id, alert_id, since, lacks[0], lacks[1], alert["clock"] + wait.at_most, lacks[2])


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


def _alert_run_id(pipeline: Pipeline, alert_id: str, before: int = 0) -> str:
    """The run of an alert keeps its id while it waits, whatever other runs come in between. before: runs by it."""
    attempt = f"/{before}" if before else ""
    return hashlib.sha256(f"{pipeline.name}/{alert_id}{attempt}".encode()).hexdigest()[:16]


def _days(length: int) -> str:
    return f"{length / _DAY:g} days"
