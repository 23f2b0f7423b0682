"""`driftmill retrain`, `promote`, `rollback`, `retire`, `approve` and `reject`: what people ask the platform for."""

import uuid
from typing import Annotated, Any

import typer

from services.chassis.configs import bare_codec, publish
from services.cli.connection import connect
from services.cli.output import AsJson, PipelineName, say, show_json
from services.cli.person import person

_MOVED = "`driftmill models` shows what comes of it, `driftmill audit` why if it is refused."


def retrain(
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")],
    policy: Annotated[
        bool, typer.Option("--policy", help="Keep the model that answers; choose its decision policy anew.")
    ] = False,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a training run with the newest dataset."""
    value = {"reason": reason, "policy": policy}
    ask(pipeline, "driftmill.RetrainRequested", value, as_json, "`driftmill runs` shows what comes of it.")


def rollback(
    version: Annotated[
        str | None, typer.Argument(help="Version to leave: in shadow or canary, or the champion (default).")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Version (default: the one that the champion replaced).")] = None,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")] = "asked for by hand",
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Leave a version in flight, or ask for an earlier champion: each time one release further back, or --to one."""
    value = {"version": version, "to_version": to, "reason": reason}
    ask(pipeline, "driftmill.RollbackRequested", value, as_json, _MOVED)


def promote(
    version: Annotated[str, typer.Argument(help="Version that waits, is in shadow or canary, or answered before.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")],
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Let a version be champion at once, whatever its release still waits for."""
    _move(version, "champion", reason, pipeline, as_json)


def retire(
    version: Annotated[str, typer.Argument(help="The champion.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")],
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Let the baseline answer until another version is released."""
    _move(version, "retired", reason, pipeline, as_json)


def approve(
    version: Annotated[str, typer.Argument(help="Version that was accepted and waits.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")],
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Let an accepted version be released, where the pipeline says `release: {approval: true}`."""
    _decide(version, True, reason, pipeline, as_json)


def reject(
    version: Annotated[str, typer.Argument(help="Version that was accepted and waits, or is in shadow or canary.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")],
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Don't let a version answer."""
    _decide(version, False, reason, pipeline, as_json)


def _decide(version: str, approved: bool, reason: str, pipeline: str | None, as_json: bool) -> None:
    value = {"version": version, "approved": approved, "reason": reason}
    ask(pipeline, "driftmill.ReleaseDecided", value, as_json, _MOVED)


def _move(version: str, to_state: str, reason: str, pipeline: str | None, as_json: bool) -> None:
    value = {"version": version, "to_state": to_state, "reason": reason}
    ask(pipeline, "driftmill.MoveRequested", value, as_json, _MOVED)


def ask(pipeline: str | None, kind: str, value: dict[str, Any], as_json: bool, then: str) -> None:
    """Publish a request with a new id and who asks. then: what to look at next."""
    settings = connect(pipeline)
    request = {"request_id": str(uuid.uuid4()), "by": person(), **value}
    publish(settings, bare_codec(settings), "requests", request["request_id"], kind, request)
    if as_json:
        show_json(request)
    else:
        say(f"Asked for ({request['request_id']}); {then}")
