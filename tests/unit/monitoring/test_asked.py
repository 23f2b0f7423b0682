"""People take alerts on and silence them: answered once, audited, refused where it makes no sense."""

from typing import Any

import pytest

from services.contracts.alert_life import ACKNOWLEDGED, CLEARED, RAISED, SILENCED
from services.contracts.schemas import own_schema
from services.monitoring.domain.asked import ACKNOWLEDGE, SILENCE, Asked, Done, NotDone
from tests.unit.contracts.alerts import cleared, raised


def request(**more: Any) -> dict[str, Any]:
    return {"request_id": "q1", "by": "ann", "reason": "mine"} | more


def standing(*ids: str) -> Asked:
    asked = Asked()
    for alert_id in ids:
        asked.told(RAISED, raised(alert_id))
    return asked


def fields(kind: str) -> set[str]:
    return {field["name"] for field in own_schema(kind)["fields"]}


def test_an_alert_is_taken_on_by_a_person_at_the_pipelines_clock() -> None:
    answer = standing("a").answer(ACKNOWLEDGE, request(alert_id="a"), 7)
    said = {"alert_id": "a", "request_id": "q1", "by": "ann", "reason": "mine", "clock": 7}
    assert answer == Done(ACKNOWLEDGED, said)
    assert set(said) == fields(ACKNOWLEDGED)


@pytest.mark.parametrize(("alert_id", "why"), [("b", "there is no such alert"), ("over", "the alert is over")])
def test_what_makes_no_sense_is_refused_with_why(alert_id: str, why: str) -> None:
    asked = standing("a", "over")
    asked.told(CLEARED, cleared("over"))
    refused = NotDone("acknowledgement refused", alert_id, why)
    assert asked.answer(ACKNOWLEDGE, request(alert_id=alert_id), 7) == refused


@pytest.mark.parametrize(
    ("kind", "more"), [(ACKNOWLEDGE, {"alert_id": "a"}), (SILENCE, {"kind": "inputs", "name": "", "length": 5})]
)
def test_a_request_that_names_nobody_is_refused(kind: str, more: dict[str, Any]) -> None:
    answer = standing("a").answer(kind, request(**more) | {"by": " "}, 7)
    assert answer == NotDone("request refused", more.get("alert_id", "inputs"), "it doesn't say who asks")


@pytest.mark.parametrize(("length", "until"), [(50, 57), (0, 7), (-9, 7)])
def test_a_silence_lasts_by_the_pipelines_clock_and_one_of_nothing_ends_another(length: int, until: int) -> None:
    answer = Asked().answer(SILENCE, request(kind="inputs", name="amount", length=length), 7)
    said = request(kind="inputs", name="amount", clock=7, until=until)
    assert answer == Done(SILENCED, said)
    assert set(said) == fields(SILENCED)


def test_a_request_is_answered_once() -> None:
    asked = standing("a")
    answer = asked.answer(ACKNOWLEDGE, request(alert_id="a"), 7)
    assert isinstance(answer, Done)
    asked.told(answer.kind, answer.value)
    assert asked.answer(ACKNOWLEDGE, request(alert_id="a"), 8) is None


def test_what_others_are_asked_is_passed_over() -> None:
    assert Asked().answer("driftmill.RetrainRequested", request(), 7) is None
