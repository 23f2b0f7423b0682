"""What training tells the audit trail."""

import orjson

from services.contracts.record import Record
from services.training.domain import audit
from services.training.domain.history import History

RUN = {"run_id": "r", "reason": "worse", "clock": 9, "trigger": "alert", "alert_id": "a1", "requests": []}
RUN |= {"dataset_id": "d", "rows": 10, "positives": 2, "version": "v2", "champion": "v1", "outcome": "candidate"}
RUN |= {"change_point": 5, "have": 1, "need": 2, "until": 99, "after": "q", "limit": "cooldown"}
CAUSE = Record("datasets", 0, 4, 77, "d", "driftmill.DatasetExtended", {})


def request(by: str) -> Record:
    value = {"request_id": "q", "by": by, "reason": "a try"}
    return Record("requests", 0, 3, 77, "q", "driftmill.RetrainRequested", value)


def test_the_life_of_a_run_is_told_with_before_and_after() -> None:
    waits, holds, starts = History(waiting={"r": RUN}), History(held={"r": "r"}), History(started={"r": RUN})
    outputs = [audit.waits(RUN, CAUSE), audit.held(RUN, waits, CAUSE), audit.started(RUN, holds, CAUSE)]
    values = [output.value or {} for output in [*outputs, audit.ended(RUN, starts)]]
    assert [(one["before"], one["after"]) for one in values] == [
        ("", "waiting"),
        ("waiting", "held"),
        ("held", "running"),
        ("running", "candidate"),
    ]
    assert [one["audit_id"] for one in values] == ["r/RunWaiting", "r/RunHeld", "r/RunStarted", "r/RunFinished"]
    assert {one["actor"] for one in values} == {"training"}


def test_the_evidence_names_what_shows_it_and_what_led_to_it() -> None:
    (value,) = [audit.started(RUN, History(), CAUSE).value]
    evidence = orjson.loads((value or {})["evidence"])
    assert evidence["record"] == {"topic": "runs", "key": "r", "kind": "RunStarted"}
    assert evidence["cause"] == {"topic": "datasets", "offset": 4}
    assert (evidence["dataset_id"], evidence["champion"]) == ("d", "v1")


def test_who_asks_is_named_and_who_is_not_named_is_refused() -> None:
    asked, refused = audit.asked(request("ann")).value, audit.refused(request(" ")).value
    assert asked is not None
    assert refused is not None
    assert (asked["actor"], asked["action"], asked["clock"]) == ("ann", "run asked for", 77)
    assert (refused["actor"], refused["action"]) == ("nobody named", "run refused")
    assert asked["audit_id"] == refused["audit_id"] == "requests-3"
