"""Alerts as people see them: a row each, and one with all that became of it."""

from typing import Any

from services.cli.domain.alert_view import markdown, named, rows, told
from services.contracts.alert_life import ACKNOWLEDGED, CLASSIFIED, CLEARED, RAISED, SILENCED, UPDATED, Lives
from tests.unit.contracts.alerts import DAY, acknowledged, classified, cleared, raised, silenced, updated


def lives(*records: tuple[str, dict[str, Any]]) -> Lives:
    made = Lives()
    for kind, value in records:
        made.apply(kind, value)
    return made


WHOLE = lives(
    (SILENCED, silenced(last=120)),
    (RAISED, raised("abc1")),
    (RAISED, raised("abd2", kind="inputs", name="a|b", severity="info", cause="abc1")),
    (UPDATED, updated("abc1")),
    (ACKNOWLEDGED, acknowledged("abc1")),
)
SENT = {
    "alerts": ["abc1"],
    "to": "mail",
    "severity": "warning",
    "over": False,
    "state": "waiting",
    "detail": "no answer",
    "clock": 100 * DAY,
}


def test_a_row_tells_state_severity_since_when_and_who_is_on_it() -> None:
    first, second = rows(WHOLE)
    assert (first["state"], first["severity"], first["acknowledged_by"]) == ("acknowledged", "critical", "ann")
    assert (first["clock"], first["silenced_until"]) == ("1970-04-11T00:00:00Z", "1970-05-01T00:00:00Z")
    assert first["value"] == 0.4
    assert (second["state"], second["cause"], second["silenced_until"]) == ("open", "abc1", None)


def test_an_alert_is_named_by_the_beginning_of_its_id() -> None:
    assert [life.alert_id for life in named(WHOLE, "abc")] == ["abc1"]
    assert len(named(WHOLE, "ab")) == 2
    assert named(WHOLE, "") == named(WHOLE, "x") == []


def test_a_life_is_told_in_the_order_of_the_clock() -> None:
    WHOLE.apply(CLEARED, cleared("abc1"))
    lines = told(WHOLE.alerts["abc1"], WHOLE, [SENT, SENT | {"alerts": ["other"]}])
    assert [line["what"] for line in lines] == [
        *("silenced", "raised", "notified: waiting", "updated", "acknowledged", "over")
    ]
    assert lines[2]["text"] == "mail, warning (no answer)"
    text = markdown(WHOLE.alerts["abd2"], lines, [WHOLE.alerts["abc1"]])
    assert text.startswith("# inputs a|b v1\n")
    assert "- abc1 critical recovered: The squared error" in text


def test_what_kind_of_drift_it_is_and_where_it_comes_from_is_shown() -> None:
    held = lives((RAISED, raised("a")), (CLASSIFIED, classified("a")))
    (row,) = rows(held)
    assert (row["drift"], row["fields"]) == ("both", "amount 75%")
    lines = told(held.alerts["a"], held, [])
    assert [(line["what"], line["text"]) for line in lines][1:] == [("classified", "both drift")]
    text = markdown(held.alerts["a"], lines, [])
    assert "| drift | both |" in text
    assert "| evidence | adwin 0.2 at 1970-04-10T00:00:00Z |" in text


def test_an_alert_that_isn_t_about_drift_shows_none() -> None:
    held = lives((RAISED, raised("a", kind="learner", drift="", evidence=[], fields=[])))
    (row,) = rows(held)
    assert (row["drift"], row["fields"]) == (None, None)
    assert "| drift | – |" in markdown(held.alerts["a"], [], [])
