"""A learner whose file run after run refuses is told of once, until it is taken or not tried any more."""

import json
from typing import Any

from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.refusal import Refusals

FOREST, LINE = {"family": "forest", "settings": {}}, {"family": "logistic", "settings": {}}
WITHOUT = {"learner": LINE, "trials": [LINE]}
VOTING = {"family": "voting", "settings": {}, "members": [LINE, FOREST]}


def end(clock: int, report: dict[str, Any]) -> dict[str, Any]:
    return {"run_id": f"r{clock}", "clock": clock, "report": json.dumps(report).encode()}


def refusing(*names: str) -> dict[str, Any]:
    """They are left out before the last trials, so that these don't name them."""
    left = [one for one in (LINE, FOREST) if one["family"] not in names]
    return {"refused": {name: f"{name} differs by 0.3" for name in names}, "learner": LINE, "trials": left}


def told(*reports: dict[str, Any]) -> list[Fact]:
    refusals = Refusals("shop")
    return [fact for clock, report in enumerate(reports) for fact in refusals.update(end(clock, report))]


def test_the_third_refusal_in_a_row_is_told_and_no_other() -> None:
    assert told(*[refusing("forest")] * 2) == []
    (alert,) = told(*[refusing("forest")] * 6)
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.name, alert.version, alert.clock, alert.value) == ("learner", "forest", "", 2, 3)
    assert alert.message == "forest can't be served, 3 runs in a row have refused its file: forest differs by 0.3"
    assert told(*[refusing("forest")] * 3) == [alert]


def test_each_learner_has_its_own_row_of_runs_and_an_ensemble_is_one() -> None:
    name = "voting(logistic, forest)"
    both = told(refusing("forest"), refusing("forest", name), refusing(name), refusing("forest", name))
    assert [(fact.name, fact.clock) for fact in both if isinstance(fact, Raised)] == [("forest", 3), (name, 3)]
    taken = {"learner": VOTING, "trials": [LINE, FOREST, VOTING]}
    assert told(refusing(name), refusing(name), taken, refusing(name), refusing(name)) == []


def test_runs_that_made_no_file_of_it_do_not_count() -> None:
    other = {"learner": LINE, "trials": [FOREST, LINE]}
    (alert,) = told(refusing("forest"), other, refusing("forest"), {"rows": 3}, {}, refusing("forest"))
    assert isinstance(alert, Raised)


def test_a_run_that_failed_since_all_were_refused_counts() -> None:
    failed = {"refused": {"forest": "x", "logistic": "y"}}
    assert [fact.name for fact in told(failed, failed, failed) if isinstance(fact, Raised)] == ["forest", "logistic"]


def test_an_alert_ends_when_the_file_is_taken_or_the_learner_not_tried_any_more() -> None:
    three = [refusing("forest")] * 3
    for report, reason in (({"learner": FOREST, "trials": [FOREST]}, "recovered"), (WITHOUT, "superseded")):
        raised, over = told(*three, report)
        assert isinstance(raised, Raised)
        assert isinstance(over, Cleared)
        assert (over.alert_id, over.clock, over.reason) == (raised.alert_id, 3, reason)
    assert len(told(*three, WITHOUT, *three)) == 3


def test_those_that_stand_are_known() -> None:
    refusals = Refusals("shop")
    for clock, report in enumerate([refusing("forest")] * 3):
        refusals.update(end(clock, report))
    assert [alert.name for alert in refusals.open()] == ["forest"]
    refusals.update(end(3, {"learner": FOREST, "trials": [FOREST]}))
    assert refusals.open() == []
