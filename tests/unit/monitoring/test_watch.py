from dataclasses import replace
from itertools import chain
from random import Random

import pytest

from services.monitoring.domain.alert import Classified, Cleared, Fact, Raised
from services.monitoring.domain.reference import Model
from services.monitoring.domain.watch import Watch
from tests.unit.monitoring.story import Profile, at, model, policy, profile, story, watched


def raised(facts: list[Fact]) -> list[Raised]:
    return [fact for fact in facts if isinstance(fact, Raised)]


def cleared(facts: list[Fact]) -> list[Cleared]:
    return [fact for fact in facts if isinstance(fact, Cleared)]


def test_a_field_that_moves_raises_one_alert_with_when_it_began() -> None:
    (alert,) = raised(watched(story(50, inputs_change=30), model()))
    assert (alert.kind, alert.name, alert.version) == ("inputs", "amount", "m1")
    assert alert.clock <= at(33)
    assert alert.change is not None
    assert alert.change.low <= at(30) <= alert.change.high
    assert alert.value > alert.threshold


def test_frauds_that_are_missed_raise_one_quality_alert_soon_after_their_labels_are_known() -> None:
    (alert,) = raised(watched(story(60, recall_change=36), model()))
    assert (alert.kind, alert.version) == ("quality", "m1")
    assert alert.name in ("miss_rate", "positive_brier")
    assert at(36 + 3) < alert.clock <= at(36 + 3 + 4)
    assert alert.change is not None
    assert alert.change.low - at(1) + at(0) <= at(36) <= alert.change.high + at(1) - at(0)


def test_what_is_over_is_cleared() -> None:
    days = story(50)
    odd = story(50, inputs_change=30)
    mixed = [odd[day] if 30 <= day < 36 else days[day] for day in range(50)]
    facts = watched(mixed, model())
    assert [type(fact) for fact in facts] == [Raised, Cleared, Classified]
    assert cleared(facts)[0].reason == "recovered"
    assert cleared(facts)[0].alert_id == raised(facts)[0].alert_id


def test_a_new_champion_supersedes_the_alerts_of_the_old_and_brings_its_own_reference() -> None:
    second = model("m2", day=50, sequence=2, trained=(31, 47))
    facts = watched(story(75, inputs_change=30), model(), second)
    (alert,) = raised(facts)
    assert cleared(facts) == [Cleared(alert.alert_id, at(51), "superseded")]


def test_before_the_first_model_the_reference_is_provisional() -> None:
    (alert,) = raised(watched(story(30, inputs_change=20, published=99)))
    assert alert.version == "baseline"
    assert "provisional" in alert.message


@pytest.mark.parametrize("recall_change", [36, 1000])
def test_the_interleaving_of_partitions_changes_nothing(recall_change: int) -> None:
    days = story(50, inputs_change=30, recall_change=recall_change, feature_change=33, together_change=40)
    flat = list(chain.from_iterable(days))
    wanted = sorted(map(repr, watched(days, model())))
    assert wanted
    for seed in range(3):
        facts = fed(interleaved(flat, seed), model())
        assert sorted(map(repr, facts)) == wanted


def test_a_field_that_moves_alone_is_virtual_once_labels_of_its_time_are_judged() -> None:
    facts = watched(story(60, inputs_change=30), model())
    (alert,) = raised(facts)
    assert alert.drift == "unknown"
    assert {one.statistic for one in alert.evidence} == {"jensen_shannon", "kolmogorov_smirnov"}
    (known,) = [fact for fact in facts if isinstance(fact, Classified)]
    assert (known.alert_id, known.drift) == (alert.alert_id, "virtual")
    assert known.clock > alert.clock + at(3) - at(0)


def test_quality_that_falls_alone_is_real_and_beside_a_moved_field_both_which_names_it() -> None:
    (real,) = raised(watched(story(60, recall_change=36), model()))
    assert (real.drift, real.suspects) == ("real", ())
    facts = watched(story(60, inputs_change=36, recall_change=36), replace(model(), importance={"amount": 0.1}))
    both = next(fact for fact in raised(facts) if fact.kind == "quality")
    assert both.drift == "both"
    assert [(one.name, one.importance) for one in both.suspects] == [("amount", 0.1)]
    known = {fact.alert_id: fact.drift for fact in facts if isinstance(fact, Classified)}
    assert known == {fact.alert_id: "both" for fact in raised(facts) if fact.kind == "inputs"}


def test_a_feature_that_moves_or_numbers_that_go_together_otherwise_raise_that_and_nothing_else() -> None:
    for changed, kind in (("feature_change", "features"), ("together_change", "multivariate")):
        facts = watched(story(60, **{changed: 36}), replace(model(), importance={"sent": 0.2}))
        (alert,) = raised(facts)
        assert (alert.kind, alert.version, alert.drift) == (kind, "m1", "unknown")
        assert at(36) < alert.clock <= at(39)
        (known,) = [fact for fact in facts if isinstance(fact, Classified)]
        assert known.drift == "virtual"


def test_quality_that_falls_with_a_feature_of_no_field_names_it() -> None:
    facts = watched(story(60, feature_change=36, recall_change=36), replace(model(), importance={"sent": 0.2}))
    fallen = next(fact for fact in raised(facts) if fact.kind == "quality")
    assert (fallen.drift, [one.name for one in fallen.suspects]) == ("both", ["sent"])


def interleaved(profiles: list[Profile], seed: int) -> list[Profile]:
    """The same profiles, each partition's in its order, with one partition ahead of the other now and then."""
    random = Random(seed)
    sides = [[one for one in profiles if one["partition"] == partition] for partition in (0, 1)]
    merged: list[Profile] = []
    while all(sides):
        side, count = sides[random.randint(0, 1)], random.randint(1, 12)
        merged += side[:count]
        del side[:count]
    return merged + sides[0] + sides[1]


def fed(profiles: list[Profile], published: Model) -> list[Fact]:
    watch, facts, waiting = Watch(policy()), [], [published]
    for one in profiles:
        facts += watch.update(one)
        if waiting and watch.clock >= published.clock:
            facts += watch.adopt(waiting.pop())
    return facts


def test_a_model_that_comes_late_gives_the_same_alerts_in_the_end() -> None:
    days = story(60, recall_change=36)
    watch = Watch(policy())
    facts = [fact for profiles in days[:45] for one in profiles for fact in watch.update(one)]
    facts += watch.adopt(model())
    facts += [fact for profiles in days[45:] for one in profiles for fact in watch.update(one)]
    about = [fact for fact in raised(facts) if fact.version == "m1"]
    assert about
    assert about == raised(watched(days, model()))


def test_a_model_that_comes_early_waits_for_its_time() -> None:
    days = story(50, inputs_change=30)
    watch = Watch(policy())
    facts = watch.adopt(model())
    assert watch.champion == "baseline"
    facts += [fact for profiles in days for one in profiles for fact in watch.update(one)]
    assert watch.champion == "m1"
    assert facts == watched(days, model())


def test_the_same_model_again_and_an_older_one_change_nothing() -> None:
    watch = Watch(policy())
    for profiles in story(40, inputs_change=30):
        for one in profiles:
            watch.update(one)
    watch.adopt(model(sequence=5))
    standing = watch.open()
    assert standing
    assert watch.adopt(model(sequence=5)) == []
    assert watch.adopt(model("m0", sequence=4)) == []
    assert watch.open() == standing


def test_without_a_champion_the_baseline_is_watched_again() -> None:
    watch = Watch(policy())
    for profiles in story(40, inputs_change=30):
        for one in profiles:
            watch.update(one)
    watch.adopt(model())
    standing = watch.open()
    facts = watch.dismiss()
    assert {fact.alert_id for fact in cleared(facts)} >= {alert.alert_id for alert in standing}
    assert watch.champion == "baseline"
    assert watch.dismiss() == []


def test_unknown_streams_and_empty_windows_are_no_error() -> None:
    watch = Watch(policy(partitions=1))
    assert watch.update(profile("weather", 0, "", 0, 10)) == []
    for day in range(40):
        assert watch.update(profile("inputs", day, "", 0, 0)) == []
        assert watch.update(profile("quality", day, "", 0, 0)) == []


def test_another_policy_of_the_model_goes_on_as_the_model() -> None:
    days = story(60, recall_change=36)
    renamed = [
        [one | {"version": "m1.p2"} if one["version"] == "m1" and one["window_start"] >= at(30) else one for one in day]
        for day in days
    ]
    facts = watched(renamed, model(), model("m1", day=30, sequence=2))
    assert facts == watched(days, model())
    assert len(raised(facts)) == 1


def test_the_interleaving_of_partitions_does_not_change_what_is_told_of_broken_data() -> None:
    days = [
        [
            one | {"refused": [{"field": "amount", "rule": "type", "rows": 40 * (24 <= day < 28)}]}
            for one in profiles
            if one["stream"] == "inputs" and day not in (32, 33)
        ]
        for day, profiles in enumerate(story(40))
    ]
    days[33] = [profile("inputs", 33, "", partition, 0, closed_by_source=False) for partition in (0, 1)]
    wanted = sorted(map(repr, watched(days, model())))
    assert [alert.name for alert in raised(watched(days, model()))] == ["rejected", "silent"]
    for seed in range(3):
        assert sorted(map(repr, fed(interleaved(list(chain.from_iterable(days)), seed), model()))) == wanted
