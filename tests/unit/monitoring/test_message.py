from typing import Any

from services.contracts.alert_life import CLEARED, RAISED, UPDATED, Lives
from services.monitoring.domain.message import Message, message_of
from services.monitoring.domain.notice import Notices, Rule
from tests.unit.contracts.alerts import cleared, raised, updated


def message(more: int = 0, over: bool = False) -> Message:
    lives, notices = Lives(), Notices("payments")
    lives.apply(RAISED, raised("q" * 32))
    lives.apply(UPDATED, updated("q" * 32))
    for number in range(more):
        lives.apply(RAISED, raised(f"i{number}", kind="inputs", name=f"f{number}", severity="info", cause="q" * 32))
    (notice,) = notices.due(lives, [Rule("mail")])
    if over:
        notices.apply(notice.to_record("sent", 1, ""))
        for alert_id in list(lives.alerts):
            lives.apply(CLEARED, cleared(alert_id))
        (notice,) = notices.due(lives, [Rule("mail")])
    assert f"notification {notice.notification_id}" in message_of("payments", notice, lives).body
    return message_of("payments", notice, lives)


def test_a_person_reads_what_how_bad_since_when_and_what_to_do() -> None:
    told = message()
    assert told.title == "[payments] critical: quality brier"
    assert "The squared error of scores of v1 rose from 0.100 to 0.200." in told.body
    assert "0.4 against 0.15; raised 1970-04-11 00:00 UTC, changed about 1970-04-08 00:00 UTC" in told.body
    assert "driftmill alerts show qqqqqqqqqqqq" in told.body
    assert told.picture.startswith("<svg ")


def test_many_alerts_of_one_cause_are_one_message_that_stays_readable() -> None:
    told = message(more=40)
    assert told.title == "[payments] critical: quality brier and 40 more"
    assert told.body.splitlines()[1].startswith("- critical")
    assert told.body.count("- info") == 11
    assert "and 29 more." in told.body


def test_the_end_is_told_as_one() -> None:
    told = message(over=True)
    assert told.title == "[payments] over: quality brier"
    assert told.body.startswith("It is over.")
    assert "recovered 1970-04-21" in told.body


def body(alert: dict[str, Any]) -> str:
    lives = Lives()
    lives.apply(RAISED, alert)
    (notice,) = Notices("payments").due(lives, [Rule("mail")])
    return message_of("payments", notice, lives).body


def test_what_kind_of_drift_it_is_and_its_fields_are_told() -> None:
    assert "real drift, most likely from amount 75%" in body(raised("q"))
    assert "labels of its time are still to come" in body(raised("q", kind="scores", drift="unknown", fields=[]))
    assert " drift" not in body(raised("q", kind="learner", drift="", fields=[]))
