"""Who is to be told of what: once a cause and severity, never twice, wherever it was interrupted."""

from typing import Any

import pytest

from services.contracts.alert_life import ACKNOWLEDGED, CLEARED, RAISED, SILENCED, UPDATED, Lives
from services.contracts.schemas import own_schema
from services.monitoring.domain.notice import Notice, Notices, Rule
from tests.unit.contracts.alerts import acknowledged, cleared, raised, silenced, updated

Step = tuple[str, dict[str, Any]]
MAIL, PAGER = Rule("mail"), Rule("pager", "critical", frozenset({"quality", "floor"}))

STORM: list[Step] = [
    *((RAISED, raised(f"i{n}", kind="inputs", name=f"f{n}", severity="info", cause="i0")) for n in range(9)),
    (RAISED, raised("s", kind="scores", name="score", cause="i0")),
    (RAISED, raised("q", cause="i0")),
]


def lives(*steps: Step) -> Lives:
    made = Lives()
    for kind, value in steps:
        made.apply(kind, value)
    return made


def said(notices: list[Notice]) -> list[tuple[str, str, bool]]:
    return [(one.to, one.severity, one.over) for one in notices]


def told(notices: Notices, steps: list[Step], *rules: Rule, state: str = "sent") -> list[tuple[str, str, bool]]:
    """What is told if everything is looked at after each step, and each message ends so."""
    found = []
    for count in range(1, len(steps) + 1):
        for notice in notices.due(lives(*steps[:count]), rules):
            found.append(notice)
            notices.apply(notice.to_record(state, 1, ""))
        assert state == "waiting" or notices.due(lives(*steps[:count]), rules) == []
    return said(found)


def test_what_moved_together_is_one_message_with_the_most_severe_first() -> None:
    (notice,) = Notices("p").due(lives(*STORM, (UPDATED, updated("q"))), [MAIL])
    assert (notice.severity, notice.over) == ("critical", False)
    assert (len(notice.alerts), notice.alerts[:2]) == (11, ("q", "s"))
    assert list(notice.to_record("sent", 1, "")) == [field["name"] for field in own_schema("AlertNotified")["fields"]]


def test_however_often_it_is_looked_at_a_cause_is_told_once_a_severity_and_its_end() -> None:
    ends: list[Step] = [(CLEARED, cleared(life)) for life in lives(*STORM).alerts]
    steps = [*STORM, (UPDATED, updated("q")), (UPDATED, updated("q", 2, severity="warning")), *ends]
    assert told(Notices("p"), steps, MAIL) == [
        ("mail", "info", False),
        ("mail", "warning", False),
        ("mail", "critical", False),
        ("mail", "critical", True),
    ]


def test_rules_choose_by_severity_and_kind() -> None:
    critical_inputs: Step = (RAISED, raised("i", kind="inputs", severity="critical"))
    assert told(Notices("p"), [critical_inputs], PAGER) == []
    assert told(Notices("p"), [(RAISED, raised("q")), (UPDATED, updated("q"))], PAGER) == [("pager", "critical", False)]
    both = (Rule("x", "critical"), Rule("x", "info", frozenset({"inputs"})))
    assert told(Notices("p"), [(RAISED, raised("i", kind="inputs", severity="info"))], *both) == [("x", "info", False)]


def test_silence_and_acknowledgement_keep_it_quiet_and_the_end_goes_to_those_who_heard_of_it() -> None:
    quiet: list[Step] = [(SILENCED, silenced()), (RAISED, raised("q")), (CLEARED, cleared("q"))]
    assert told(Notices("p"), quiet, MAIL) == []
    taken: list[Step] = [
        (RAISED, raised("q")),
        (ACKNOWLEDGED, acknowledged("q")),
        (UPDATED, updated("q", severity="warning")),
        (CLEARED, cleared("q")),
    ]
    assert told(Notices("p"), taken, MAIL) == [("mail", "warning", False), ("mail", "warning", True)]


def test_a_restart_tells_nothing_twice_and_loses_nothing() -> None:
    held, first = lives(*STORM), Notices("p")
    (notice,) = first.due(held, [MAIL])
    again = Notices("p")
    assert again.due(held, [MAIL]) == [notice]
    again.apply(notice.to_record("sent", 1, ""))
    assert again.due(held, [MAIL]) == []


def test_history_that_nobody_was_told_of_stays_untold() -> None:
    assert Notices("p").due(lives((RAISED, raised("q")), (CLEARED, cleared("q"))), [MAIL]) == []


def test_a_channel_that_was_down_while_it_stood_hears_once_that_it_was_there() -> None:
    notices = Notices("p")
    assert told(notices, [(RAISED, raised("q"))], MAIL, state="waiting") == [("mail", "warning", False)]
    over = lives((RAISED, raised("q")), (CLEARED, cleared("q")))
    (notice,) = notices.due(over, [MAIL])
    assert (notice.over, notice.alerts) == (True, ("q",))
    notices.apply(notice.to_record("sent", 3, ""))
    assert notices.due(over, [MAIL]) == []


def test_what_was_given_up_is_tried_again_only_when_it_is_worse() -> None:
    notices = Notices("p")
    assert told(notices, [(RAISED, raised("q"))], MAIL, state="given_up") == [("mail", "warning", False)]
    assert notices.due(lives((RAISED, raised("q")), (CLEARED, cleared("q"))), [MAIL]) == []
    assert said(notices.due(lives((RAISED, raised("q")), (UPDATED, updated("q"))), [MAIL])) == [
        ("mail", "critical", False)
    ]


@pytest.mark.parametrize("other", [("p2", "mail", "q"), ("p", "chat", "q"), ("p", "mail", "r")])
def test_ids_are_the_same_for_the_same_and_differ_otherwise(other: tuple[str, str, str]) -> None:
    def of(pipeline: str, to: str, alert: str) -> str:
        (notice,) = Notices(pipeline).due(lives((RAISED, raised(alert))), [Rule(to)])
        return notice.notification_id

    assert of("p", "mail", "q") == of("p", "mail", "q") != of(*other)
