"""Alerts that stood in a period, with what was done about them."""

from typing import Any

import orjson

from services.cli.domain.incident import incidents, is_of_alert
from services.cli.domain.period import Period
from services.contracts.record import Record
from tests.unit.cli.domain.recorded import record


def raised(name: str, timestamp: int, offset: int = 0) -> Record:
    value = {"alert_id": name, "kind": "quality", "name": "error", "version": "v1", "clock": 5, "change_point": None}
    value |= {"value": 0.4, "threshold": 0.2, "message": "errors rose", "severity": "warning", "cause": ""}
    value |= {"drift": "real", "fields": [{"name": "amount", "share": 0.5}]}
    return record("alerts", "AlertRaised", value, offset, timestamp=timestamp)


def over(name: str, timestamp: int) -> Record:
    value = {"alert_id": name, "clock": 9, "reason": "recovered", "points": []}
    return record("alerts", "AlertCleared", value, timestamp=timestamp)


def entry(audit_id: str, action: str, subject: str, timestamp: int, evidence: Any = None) -> Record:
    value = {"audit_id": audit_id, "actor": "ann", "action": action, "subject": subject, "reason": "mine", "clock": 1}
    value |= {"evidence": orjson.dumps(evidence or {}).decode()}
    return record("audit", "AuditRecorded", value, timestamp=timestamp)


def test_those_that_stood_in_the_period_are_told_as_they_were_by_its_end() -> None:
    alerts = [raised("before", 1), over("before", 2), raised("stood", 3), raised("later", 20), over("stood", 12)]
    (one,) = incidents(alerts, [], Period(5, 10))
    assert (one["alert"], one["state"], one["over"], one["cause"]) == ("stood", "open", None, "stood")
    assert (one["about"], one["fields"]) == ("quality error v1", "amount 50%")
    assert [row["alert"] for row in incidents(alerts, [], Period())] == ["before", "stood", "later"]
    assert incidents(alerts, [], Period(12, 13))[0]["state"] == "recovered"


def test_a_repeat_changes_neither_when_it_was_raised_nor_what_was_done() -> None:
    audit = [entry("q1", "alert acknowledged", "a", 4), entry("q1", "alert acknowledged", "a", 8)]
    (one,) = incidents([raised("a", 3_000_000), raised("a", 7_000_000)], audit, Period())
    assert one["raised"] == "1970-01-01T00:00:03Z"
    assert len(one["done"]) == 1


def test_what_was_done_names_the_alert_or_was_led_to_by_a_record_of_it() -> None:
    audit = [
        entry("a/AlertRaised", "alert raised", "a", 3),
        entry("one", "alert acknowledged", "a", 4),
        entry("two", "run started", "r1", 5, {"alert_id": "a"}),
        entry("three", "run waits", "r2", 5, {"cause": {"topic": "alerts", "offset": 7}}),
        entry("four", "run waits", "r3", 5, {"cause": {"topic": "requests", "offset": 7}}),
        entry("five", "run waits", "r4", 50, {"alert_id": "a"}),
    ]
    (one,) = incidents([raised("a", 3, offset=7)], audit, Period(None, 10))
    assert [step["to"] for step in one["done"]] == ["a", "r1", "r2"]
    assert one["done"][0]["who"] == "ann"


def test_beginnings_and_ends_of_alerts_are_told_as_incidents() -> None:
    told = [entry("x", action, "a", 1).value for action in ("alert raised", "alert cleared", "alert acknowledged")]
    assert [is_of_alert(value) for value in told] == [True, True, False]
