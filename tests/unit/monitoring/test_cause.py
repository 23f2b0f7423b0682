"""One cause for what moved at the same time, another for what did not; the same wherever a process died."""

from dataclasses import replace
from typing import Any

from services.monitoring.domain.alert import Change, Raised
from services.monitoring.domain.cause import Causes

DAY = 10


def alert(name: str, clock: int, change: tuple[int, int] | None, kind: str = "inputs", version: str = "m1") -> Raised:
    found = None if change is None else Change(change[0], change[0], change[1])
    return Raised(name, kind, name, version, clock, 1.0, 0.5, found, "")


def told(causes: Causes, *alerts: Raised) -> list[str]:
    found = []
    for raised in alerts:
        found.append(causes.of(raised))
        causes.told(raised.to_record() | {"cause": found[-1]})
    return found


def test_fields_scores_and_quality_that_moved_together_share_the_first_ones_id() -> None:
    alerts = (
        alert("amount", 120, (100, 110)),
        alert("score", 130, (105, 115), "scores"),
        alert("brier", 300, (90, 112), "quality"),  # labels come late: the change is what counts
    )
    assert told(Causes(DAY), *alerts) == ["amount"] * 3


def test_what_changed_at_another_time_or_of_another_model_is_another_cause() -> None:
    first, later = alert("amount", 120, (100, 110)), alert("brier", 125, (140, 150), "quality")
    assert told(Causes(DAY), first, later) == ["amount", "brier"]
    assert told(Causes(DAY), first, replace(first, alert_id="b", version="m2")) == ["amount", "b"]


def test_where_the_change_is_not_known_it_counts_when_they_were_raised() -> None:
    floor = alert("recall", 128, None, "floor")
    assert told(Causes(DAY), alert("brier", 120, (100, 110), "quality"), floor) == ["brier", "brier"]
    assert told(Causes(DAY), alert("brier", 120, (100, 110), "quality"), replace(floor, clock=131))[1] == "recall"


def test_a_cause_ends_with_its_last_alert() -> None:
    causes = Causes(DAY)
    told(causes, alert("amount", 120, (100, 110)), alert("kind", 120, (100, 110)))
    causes.cleared("amount")
    assert told(causes, alert("score", 130, (105, 115), "scores")) == ["amount"]
    for one in ("kind", "score"):
        causes.cleared(one)
    assert told(causes, alert("again", 131, (105, 115))) == ["again"]


def test_learners_and_classes_stand_alone() -> None:
    causes = Causes(DAY)
    named = alert("forest", 120, None, "learner", "")
    assert told(causes, named, replace(named, alert_id="mlp", name="mlp")) == ["forest", "mlp"]


def test_what_was_told_twice_counts_once_and_records_of_before_stand_alone() -> None:
    causes = Causes(DAY)
    record: dict[str, Any] = alert("amount", 120, (100, 110)).to_record()
    causes.told(record)
    causes.told(record)
    causes.cleared("amount")
    assert causes.open == {}
