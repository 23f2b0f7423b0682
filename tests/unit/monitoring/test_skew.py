from services.contracts.record import Record
from services.contracts.skew import VECTOR, SkewCount
from services.monitoring.agents import MonitoringAgents
from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.skew import SkewWatch
from services.monitoring.domain.watch import Watch
from tests.unit.monitoring.story import Profile, at, model, policy, profile

SAME = (SkewCount(VECTOR, 50), SkewCount("spend", 50), SkewCount("risk", 50))


def seen(day: int, *counts: SkewCount, partition: int = 0, stage: str = "features") -> Profile:
    records = [one.to_record() for one in counts]
    return profile("skew", day, "", partition, 50, slice=stage, skew=records, sampled=1.0)


def told(profiles: list[Profile]) -> list[Fact]:
    watch = SkewWatch("story")
    return [fact for one in profiles for fact in watch.update(one)]


def test_a_single_difference_is_told_of_by_its_feature_and_the_others_are_quiet() -> None:
    wrong = (SkewCount(VECTOR, 50), SkewCount("spend", 50), SkewCount("risk", 50, 1, 0, 2))
    (raised,) = told([seen(0, *SAME), seen(1, *wrong), seen(2, *wrong)])
    assert isinstance(raised, Raised)
    assert (raised.kind, raised.name, raised.version, raised.clock) == ("skew", "risk", "", at(2))
    assert (raised.value, raised.threshold, raised.severity) == (0.06, 0.0, "critical")
    assert raised.message.startswith("3 of 50 served values of risk aren't what the log gives: 1 mismatched, 0 missing")


def test_vectors_that_were_never_written_are_one_alert() -> None:
    (raised,) = told([seen(0, SkewCount(VECTOR, 52, missing=2), SkewCount("spend", 50))])
    assert isinstance(raised, Raised)
    assert raised.message == "2 of 52 events have no vector, in partition 0 of features."


def test_it_is_over_when_it_differed_nowhere_for_three_windows_with_events() -> None:
    wrong, nothing = SkewCount("risk", 50, 5), (SkewCount(VECTOR), SkewCount("risk"))
    days = [seen(0, wrong), seen(0, wrong, partition=1), *(seen(day, *SAME) for day in (1, 2, 3))]
    assert len(told(days)) == 1
    calm = [seen(day, *SAME, partition=1) for day in (1, 2)]
    empty = [seen(day, *nothing, partition=1) for day in (3, 4)]
    assert len(told([*days, *calm, *empty])) == 1
    *_, cleared = told([*days, *calm, *empty, seen(5, *SAME, partition=1)])
    assert isinstance(cleared, Cleared)
    assert (cleared.clock, cleared.reason) == (at(6), "recovered")


def test_a_feature_that_is_gone_has_no_alert_for_long() -> None:
    without = (SkewCount(VECTOR, 50), SkewCount("spend", 50))
    facts = told([seen(0, SkewCount("risk", 50, 5)), *(seen(day, *without) for day in (1, 2, 3))])
    assert [type(fact) for fact in facts] == [Raised, Cleared]


def test_a_profile_that_comes_again_changes_nothing() -> None:
    days = [seen(0, SkewCount("risk", 50, 5)), seen(1, *SAME)]
    assert len(told([*days, *days, *days])) == 1


def test_it_stands_whichever_model_answers() -> None:
    watch = Watch(policy())
    (raised,) = watch.update(seen(0, SkewCount("risk", 50, 5)))
    assert watch.adopt(model()) == []
    assert watch.open() == [raised]


def test_features_that_differ_together_have_one_cause_and_a_restart_tells_nothing_twice() -> None:
    record = Record(
        "profiles",
        0,
        5,
        0,
        "",
        "driftmill.ProfileClosed",
        seen(0, SkewCount("risk", 50, 5), SkewCount("spend", 50, 5)),
    )
    first = MonitoringAgents(policy(), lambda _: None)
    first.view({"alerts": [], "models": [], "runs": [], "yardsticks": []})
    outputs = first.on_profile(record)
    assert [output.value["cause"] for output in outputs if output.value] == [outputs[0].key] * 2
    alerts = [
        Record("alerts", 0, place, 0, one.key, one.kind, one.value or {}, one.headers)
        for place, one in enumerate(outputs)
    ]
    again = MonitoringAgents(policy(), lambda _: None)
    again.view({"alerts": alerts, "models": [], "runs": [], "yardsticks": []})
    again.fold(record)
    assert again.missing() == []
