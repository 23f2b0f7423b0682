"""What monitoring tells the audit trail."""

from collections.abc import Mapping, Sequence

import orjson

from services.contracts.record import Output, Record
from services.monitoring.adapters.audited import Audited
from services.monitoring.agents import MonitoringAgents
from services.monitoring.domain.audit import audited
from tests.unit.monitoring.story import model, policy
from tests.unit.monitoring.test_agents import believed, profiles, published

RAISED = {"alert_id": "a1", "kind": "inputs", "name": "amount", "version": "v1", "clock": 9, "value": 0.4}
RAISED |= {"threshold": 0.3, "change_point": None, "message": "amount has drifted"}
SILENCE = {"request_id": "q3", "by": "ann", "reason": "known", "kind": "inputs", "name": "amount", "length": 5}


def read(topic: str, outputs: Sequence[Output]) -> list[Record]:
    its = [one for one in outputs if one.topic == topic]
    return [Record(topic, 0, n, 0, o.key, o.kind, o.value or {}, o.headers, raw_value=b"x") for n, o in enumerate(its)]


def started(written: Sequence[Output] = (), *models: Record) -> Audited:
    agents = Audited(MonitoringAgents(policy(), believed))
    views: Mapping[str, Sequence[Record]] = {topic: read(topic, written) for topic in ("alerts", "audit")}
    agents.view({**views, "models": models or [published(model())], "runs": [], "yardsticks": []})
    return agents


def test_a_raised_alert_and_its_end_are_told_with_before_and_after() -> None:
    raised = audited("driftmill.AlertRaised", RAISED)
    cleared = audited("driftmill.AlertCleared", {"alert_id": "a1", "clock": 12, "reason": "recovered"})
    assert raised is not None
    assert raised.value is not None
    assert (raised.value["action"], raised.value["reason"]) == ("alert raised", "amount has drifted")
    assert orjson.loads(raised.value["evidence"])["record"] == {"topic": "alerts", "key": "a1", "kind": "AlertRaised"}
    assert orjson.loads(raised.value["evidence"])["threshold"] == 0.3
    assert cleared is not None
    assert cleared.value is not None
    told = [(one["audit_id"], one["before"], one["after"]) for one in (raised.value, cleared.value)]
    assert told == [("a1/AlertRaised", "", "open"), ("a1/AlertCleared", "open", "recovered")]


def test_nothing_is_told_of_what_is_no_alert() -> None:
    assert audited("poison", {"reason": "undecodable"}) is None


def test_each_alert_is_followed_by_what_is_told_of_it() -> None:
    agents = started()
    written = [one for record in profiles() for one in agents.handlers["profiles"](record)]
    assert [one.kind for one in written][:2] == ["driftmill.AlertRaised", "driftmill.AuditRecorded"]
    assert written[1].key == f"{written[0].key}/AlertRaised"
    assert [one.kind for one in written].count("driftmill.AuditRecorded") == 1


def test_wherever_it_is_killed_between_records_each_alert_is_told_once() -> None:
    records = profiles()
    first = started()
    whole = [one for record in records for one in first.handlers["profiles"](record)]
    for died in range(len(whole) + 1):
        second = started(whole[:died])
        after = [*second.missing(), *(one for record in records for one in second.handlers["profiles"](record))]
        told = [(one.topic, one.key, one.value) for one in [*whole[:died], *after]]
        assert sorted(told, key=str) == sorted(((one.topic, one.key, one.value) for one in whole), key=str)


def test_what_people_did_is_told_also_if_it_was_killed_in_between() -> None:
    silence = Record("requests", 0, 3, 77, "q", "driftmill.SilenceRequested", SILENCE, raw_value=b"x")
    whole = started().handlers["requests"](silence)
    assert [one.kind for one in whole] == ["driftmill.AlertsSilenced", "driftmill.AuditRecorded"]
    told = whole[1].value
    assert told is not None
    assert [told[name] for name in ("audit_id", "actor", "action", "subject", "reason", "after")] == [
        *("q3/AlertsSilenced", "ann", "alerts silenced"),
        *("inputs/amount", "known", "silent"),
    ]
    second = started(whole[:1])
    assert [(one.key, one.value) for one in second.missing()] == [(whole[1].key, told)]
    assert second.handlers["requests"](silence) == []
