"""What training tells the audit trail: which runs people asked for, and how each waits, starts and ends."""

from typing import Any

from services.contracts import audit
from services.contracts.audit import Action, shown_by
from services.contracts.record import Output, Record
from services.training.domain.history import History, Value

_TRAINING = "training"
_WAITING, _HELD, _RUNNING = "waiting", "held", "running"


def asked(request: Record) -> Output:
    """A RetrainRequested."""
    value = request.value
    evidence = {"policy": value.get("policy", False)}
    return audit.asked(request, "run asked for", value["request_id"], value["reason"], "asked for", evidence)


def refused(request: Record) -> Output:
    """A RetrainRequested that names nobody."""
    return audit.asked(request, "run refused", request.value["request_id"], "it doesn't say who asks")


def waits(run: Value, cause: Record) -> Output:
    """The first RunWaiting of a run. cause: what made it wait."""
    evidence = {name: run[name] for name in ("trigger", "alert_id", "change_point", "have", "need", "until")}
    return _of_run(run, "RunWaiting", "run waits", "", _WAITING, cause, evidence)


def held(run: Value, state: History, cause: Record) -> Output:
    """A RunHeld, the only one of what asks for it. cause: the record by which it would have started."""
    evidence = {name: run[name] for name in ("trigger", "alert_id", "after", "limit", "until")}
    return _of_run(run, "RunHeld", "run held back", before(run, state), _HELD, cause, evidence)


def started(run: Value, state: History, cause: Record) -> Output:
    """A RunStarted. cause: the record by which it was decided."""
    names = ("trigger", "alert_id", "requests", "dataset_id", "rows", "positives", "version", "champion")
    evidence = {name: run[name] for name in names}
    return _of_run(run, "RunStarted", "run started", before(run, state), _RUNNING, cause, evidence)


def ended(run: Value, state: History, cause: Record | None = None) -> Output:
    """A RunFinished. cause: None where its own work ended it."""
    action, evidence = f"run ended: {run['outcome']}", {"version": run["version"]}
    return _of_run(run, "RunFinished", action, before(run, state), run["outcome"], cause, evidence)


def before(run: Value, state: History) -> str:
    """What a run was before a record of it. state: what was known then."""
    run_id = run["run_id"]
    if run_id in state.started:
        return _RUNNING
    if run_id in state.held.values():
        return _HELD
    return _WAITING if run_id in state.waiting else ""


def _of_run(
    run: Value, kind: str, action: str, before: str, after: str, cause: Record | None, evidence: dict[str, Any]
) -> Output:
    return Action(
        audit_id=f"{run['run_id']}/{kind}",
        actor=_TRAINING,
        action=action,
        subject=run["run_id"],
        reason=run["reason"],
        clock=run["clock"],
        before=before,
        after=after,
        record=shown_by("runs", run["run_id"], kind),
        cause=cause,
        evidence=evidence,
    ).to_output()
