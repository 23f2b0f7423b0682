"""Records of `alerts`, for tests."""

from typing import Any

DAY = 86_400_000_000


def raised(alert_id: str, **more: Any) -> dict[str, Any]:
    """An AlertRaised of day 100."""
    return {
        "alert_id": alert_id,
        "kind": "quality",
        "name": "brier",
        "version": "v1",
        "clock": 100 * DAY,
        "value": 0.2,
        "threshold": 0.15,
        "change_point": 97 * DAY,
        "change_low": 96 * DAY,
        "change_high": 98 * DAY,
        "message": "The squared error of scores of v1 rose from 0.100 to 0.200.",
        "severity": "warning",
        "level": 0.1,
        "cause": "",
        "drift": "real",
        "evidence": [{"statistic": "adwin", "value": 0.2, "effect": None, "at": 99 * DAY}],
        "fields": [{"name": "amount", "moved": 0.3, "importance": 0.1, "share": 0.75}],
        "points": [{"window_end": day * DAY, "value": 0.1 if day < 97 else 0.2} for day in range(80, 101)],
    } | more


def updated(alert_id: str, revision: int = 1, **more: Any) -> dict[str, Any]:
    """An AlertUpdated a day or more later."""
    about = {"alert_id": alert_id, "revision": revision, "clock": (100 + revision) * DAY}
    told = {"value": 0.4, "threshold": 0.15, "severity": "critical", "message": "Worse: 0.4, it was 0.2."}
    return about | told | {"points": [{"window_end": (100 + revision) * DAY, "value": 0.4}]} | more


def classified(alert_id: str, drift: str = "both", day: int = 103) -> dict[str, Any]:
    """An AlertClassified."""
    return {"alert_id": alert_id, "clock": day * DAY, "drift": drift}


def cleared(alert_id: str, day: int = 110) -> dict[str, Any]:
    """An AlertCleared."""
    points = [{"window_end": one * DAY, "value": 0.1} for one in range(day - 3, day + 1)]
    return {"alert_id": alert_id, "clock": day * DAY, "reason": "recovered", "points": points}


def acknowledged(alert_id: str, day: int = 101) -> dict[str, Any]:
    """An AlertAcknowledged."""
    return {"alert_id": alert_id, "request_id": "q1", "clock": day * DAY, "by": "ann", "reason": "mine"}


def silenced(kind: str = "quality", name: str = "", first: int = 99, last: int = 105, **more: Any) -> dict[str, Any]:
    """An AlertsSilenced from one day to another."""
    about = {"request_id": f"s{first}-{last}", "kind": kind, "name": name, "clock": first * DAY, "until": last * DAY}
    return about | {"by": "bob", "reason": "known"} | more
