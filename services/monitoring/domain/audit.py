"""What monitoring tells the audit trail: every alert that is raised, who took it on or silenced it, and its end."""

from collections.abc import Mapping
from typing import Any

from services.contracts.alert_life import ACKNOWLEDGED, SILENCED
from services.contracts.audit import Action, shown_by
from services.contracts.record import Output
from services.monitoring.domain.alert import CLEARED, RAISED

_OPEN = "open"


def audited(kind: str, value: Mapping[str, Any]) -> Output | None:
    """What is told of a record of `alerts`; it depends on that alone, so that it is the same whenever it is made.

    None for a kind of which nothing is told.
    """
    if kind == RAISED:
        numbers = {name: value[name] for name in ("kind", "name", "version", "value", "threshold", "change_point")}
        return _of_alert(value, kind, "alert raised", value["message"], "", _OPEN, numbers)
    if kind == CLEARED:
        return _of_alert(value, kind, "alert cleared", value["reason"], _OPEN, value["reason"], {})
    return _of_person(kind, value)


def _of_person(kind: str, value: Mapping[str, Any]) -> Output | None:
    if kind == ACKNOWLEDGED:
        subject, action, after = value["alert_id"], "alert acknowledged", "acknowledged"
    elif kind == SILENCED:
        subject = "/".join(filter(None, (value["kind"], value["name"])))
        action, after = ("alerts silenced", "silent") if value["until"] > value["clock"] else ("silence ended", _OPEN)
    else:
        return None
    key = value.get("alert_id", value["request_id"])
    return Action(
        audit_id=f"{value['request_id']}/{kind.rpartition('.')[2]}",
        actor=value["by"],
        action=action,
        subject=subject,
        reason=value["reason"],
        clock=value["clock"],
        after=after,
        record=shown_by("alerts", key, kind),
    ).to_output()


def _of_alert(
    value: Mapping[str, Any],
    kind: str,
    action: str,
    reason: str,
    before: str,
    after: str,
    numbers: Mapping[str, Any],
) -> Output:
    return Action(
        audit_id=f"{value['alert_id']}/{kind.rpartition('.')[2]}",
        actor="monitoring",
        action=action,
        subject=value["alert_id"],
        reason=reason,
        clock=value["clock"],
        before=before,
        after=after,
        record=shown_by("alerts", value["alert_id"], kind),
        evidence=numbers,
    ).to_output()
