"""A class that labels say and nobody has listed is told of once, and stands until it is listed."""

from dataclasses import replace

from services.contracts.record import Record
from services.monitoring.agents import MonitoringAgents
from services.monitoring.domain.alert import Raised
from services.monitoring.domain.unlisted import STREAM, Unlisted
from tests.unit.monitoring.story import Profile, at, policy, profile


def seen(name: str, day: int, partition: int = 0) -> Profile:
    return profile(STREAM, day, "", partition, 1, slice=f"class={name}")


def test_each_class_is_told_of_once_whatever_partition_it_comes_from() -> None:
    unlisted = Unlisted("fish", ("cod", "eel"))
    told = [
        fact
        for one in (seen("ray", 1), seen("ray", 1, 1), seen("a=b", 2), seen("ray", 3))
        for fact in unlisted.update(one)
    ]
    assert [(one.kind, one.name, one.clock) for one in told if isinstance(one, Raised)] == [
        ("classes", "ray", at(2)),
        ("classes", "a=b", at(3)),
    ]
    again = Unlisted("fish", ("cod", "eel"))
    assert [one.alert_id for one in again.update(seen("ray", 9, 1)) if isinstance(one, Raised)] == [told[0].alert_id]


def test_one_that_is_listed_by_now_is_nothing_to_tell() -> None:
    assert Unlisted("fish", ("cod", "ray")).update(seen("ray", 1)) == []


def test_it_stands_until_a_process_knows_the_class() -> None:
    few, more = (replace(policy(), classes=classes) for classes in (("cod", "eel"), ("cod", "eel", "ray")))
    record = Record("profiles", 0, 5, 0, "", "driftmill.ProfileClosed", seen("ray", 1))
    first = MonitoringAgents(few, lambda _: None)
    first.view({"alerts": [], "models": [], "runs": [], "yardsticks": []})
    [raised] = first.on_profile(record)
    assert first.missing() == []
    alert = Record("alerts", 0, 0, 0, raised.key, raised.kind, raised.value or {}, raised.headers)
    for known, cleared in ((few, []), (more, ["driftmill.AlertCleared"])):
        later = MonitoringAgents(known, lambda _: None)
        later.view({"alerts": [alert], "models": [], "runs": [], "yardsticks": []})
        later.fold(record)
        assert [output.kind for output in later.missing()] == cleared
