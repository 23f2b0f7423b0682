"""The alerts that stood in a period: how each was raised, who did what about it, and how it ended."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from services.cli.domain.moment import moment
from services.cli.domain.period import Period
from services.contracts.alert_life import CLEARED, RAISED, Life, Lives
from services.contracts.record import Record, Value

View = dict[str, Any]
_BY_MONITORING = ("alert raised", "alert cleared")


def incidents(alerts: Sequence[Record], audit: Sequence[Record], period: Period) -> list[View]:
    """One a row, as it was by the end of the period. alerts, audit: all records of the topics, in order.

    done: what the audit trail says was done about it by then, by people and services.
    """
    known, lives = period.by_its_end(alerts), Lives()
    for record in known:
        lives.apply(record.kind, record.value)
    raised, over = (_times(known, kind) for kind in (RAISED, CLEARED))
    done = _done(known, period.by_its_end(audit))
    return [
        _row(life, raised[name], over.get(name), done.get(name, []))
        for name, life in lives.alerts.items()
        if period.start is None or over.get(name, period.start) >= period.start
    ]


def is_of_alert(value: Value) -> bool:
    """Whether an entry of the audit trail tells of an alert's beginning or end, which incidents do."""
    return value["action"] in _BY_MONITORING


def _row(life: Life, raised: int, over: int | None, done: list[View]) -> View:
    value = life.raised
    return {
        "alert": life.alert_id,
        "cause": life.cause,
        "severity": life.severity,
        "about": " ".join(filter(None, (value["kind"], value["name"], value["version"]))),
        "raised": moment(raised),
        "clock": moment(value["clock"]),
        "change_began": moment(value["change_point"]),
        "drift": life.drift or None,
        "fields": life.fields or None,
        "state": life.state,
        "over": moment(over),
        "value": life.newest["value"],
        "threshold": life.newest["threshold"],
        "message": value["message"],
        "done": done,
    }


def _times(records: Sequence[Record], kind: str) -> dict[str, int]:
    """When the first record of a kind was appended, by alert."""
    return {one.value["alert_id"]: one.timestamp for one in reversed(records) if one.kind == kind}


def _done(alerts: Sequence[Record], audit: Sequence[Record]) -> Mapping[str, list[View]]:
    """Entries of the audit trail by the alert that they are about, or that led to them."""
    places = {record.offset: record.value.get("alert_id", "") for record in alerts}
    found: dict[str, dict[str, View]] = defaultdict(dict)
    for record in audit:
        value = record.value
        if not is_of_alert(value):
            for name in _about(value, places):
                told = {"when": moment(record.timestamp), "who": value["actor"], "what": value["action"]}
                found[name].setdefault(value["audit_id"], told | {"to": value["subject"], "why": value["reason"]})
    return {name: list(entries.values()) for name, entries in found.items()}


def _about(value: Value, places: Mapping[int, str]) -> Iterator[str]:
    evidence = orjson.loads(value["evidence"] or "{}")
    cause = evidence.get("cause", {})
    led = places.get(cause["offset"], "") if cause.get("topic") == "alerts" else ""
    yield from {value["subject"], evidence.get("alert_id") or "", led} - {""}
