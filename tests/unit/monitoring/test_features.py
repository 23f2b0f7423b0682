from collections.abc import Sequence
from dataclasses import replace

from services.monitoring.domain.alert import Change, Cleared, Fact, Raised
from services.monitoring.domain.cause import Causes
from services.monitoring.domain.features import FeatureWatch
from services.monitoring.domain.policy import DAY, Policy
from services.monitoring.domain.reference import History, Model
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at, model, policy
from tests.unit.monitoring.together import NAMES, window


def watched_by(reach: int = 0) -> Policy:
    return replace(policy(), reach={"sent": reach * DAY}, numbers=len(NAMES), ancestry={"sent": frozenset()})


def lived(windows: Sequence[Window], champion: Model | None = None, reach: int = 0) -> tuple[FeatureWatch, list[Fact]]:
    """A watch that saw each window as it came, which must be what one sees that begins after them."""
    history, whole = History(watched_by(reach)), History(watched_by(reach))
    watch = FeatureWatch(watched_by(reach), champion or model(), history)
    facts = watch.begin()
    for one in windows:
        history.update(one)
        whole.update(one)
        facts += watch.update(one)
    assert FeatureWatch(watched_by(reach), champion or model(), whole).begin() == facts
    return watch, facts


def raised(facts: Sequence[Fact]) -> list[tuple[str, str]]:
    return [(fact.kind, fact.name) for fact in facts if isinstance(fact, Raised)]


def test_the_same_goes_on_without_an_alarm() -> None:
    assert lived([window(day, 0.3) for day in range(80)])[1] == []


def test_a_feature_moves_though_no_field_does() -> None:
    watch, facts = lived([window(day, sent=10.0 if day >= 24 else 5.0) for day in range(28)])
    assert raised(facts) == [("features", "sent")]
    assert watch.open == facts
    assert watch.moved(at(24), at(28))["sent"] > 1.0


def test_numbers_go_together_otherwise_though_none_of_them_moves() -> None:
    watch, (alert,) = lived([window(day, 0.7 if day >= 24 else 0.0) for day in range(28)])
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.name, alert.clock) == ("multivariate", "correlation", at(26))
    assert {one.name for one in alert.suspects[:2]} == {"a", "b"}
    assert watch.open == [alert]


def test_the_columns_that_a_model_rests_on_are_named_first() -> None:
    champion = replace(model(), importance={"b": 0.3, "c": 0.1})
    _, (alert,) = lived([window(day, 0.7 if day >= 24 else 0.0) for day in range(28)], champion)
    assert isinstance(alert, Raised)
    assert alert.suspects[0].name == "b"
    assert "a" not in [one.name for one in alert.suspects]


def test_what_looks_back_is_judged_once_it_could_and_a_reference_shows_how_it_wanders() -> None:
    """Seven days fill until day 7, four times seven are the reference: to day 35."""
    filling = [window(day, sent=min(day + 1, 7)) for day in range(60)]
    assert raised(lived(filling, reach=7)[1]) == []
    assert raised(lived(filling)[1]) == []
    early = [window(day, sent=15.0 if day >= 37 else 7.0) for day in range(45)]
    (alert,) = lived(early, reach=7)[1]
    assert isinstance(alert, Raised)
    assert alert.change is not None
    assert (alert.change.point - alert.change.low) == 8 * DAY


def test_a_feature_that_shows_late_what_its_field_did_joins_its_cause() -> None:
    (late,) = lived([window(day, sent=15.0 if day >= 42 else 7.0) for day in range(50)], reach=7)[1]
    assert isinstance(late, Raised)
    field = Raised("amount", "inputs", "amount", "m1", at(38), 1.0, 0.5, Change(at(35), at(36), at(37)), "")
    causes = Causes(DAY)
    causes.told(field.to_record() | {"cause": "amount"})
    assert causes.of(late) == "amount"


def test_the_newest_windows_of_a_long_training_period_are_the_reference() -> None:
    champion = model(day=50, trained=(0, 47))
    before = [window(day, sent=9.0 if day < 20 else 5.0) for day in range(60)]
    assert lived(before, champion)[1] == []


def test_without_a_model_the_first_windows_are_a_provisional_reference() -> None:
    (alert,) = lived([window(day, sent=10.0 if day >= 16 else 5.0) for day in range(18)], Model())[1]
    assert isinstance(alert, Raised)
    assert alert.message.endswith(" (provisional reference).")


def test_another_set_of_features_ends_what_stood_and_is_learnt_anew() -> None:
    moved = [window(day, sent=10.0 if day >= 24 else 5.0) for day in range(28)]
    watch, facts = lived([*moved, *(window(day, sent=10.0, version="f2") for day in range(28, 60))])
    (alert, over) = facts
    assert over == Cleared(alert.alert_id, at(29), "superseded")
    assert watch.open == []


def test_where_nothing_is_computed_only_what_goes_together_is_watched() -> None:
    bare = replace(watched_by(), reach={})
    watch = FeatureWatch(bare, model(), History(bare))
    for day in range(40):
        watch.history.update(window(day, sent=50.0 if day >= 24 else 5.0))
        assert watch.update(window(day, sent=50.0 if day >= 24 else 5.0)) == []
