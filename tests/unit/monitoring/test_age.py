from dataclasses import replace

from services.monitoring.domain.age import AgeWatch
from services.monitoring.domain.alert import Raised
from services.monitoring.domain.policy import DAY
from services.monitoring.domain.reference import Model
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at, model


def window(day: int) -> Window:
    return Window("inputs", "", at(day), at(day + 1), at(day + 1), 300, {}, [])


def told(watch: AgeWatch, days: range) -> list[Raised]:
    return [fact for day in days for fact in watch.update(window(day)) if isinstance(fact, Raised)]


def test_a_model_is_stale_so_long_after_the_last_event_that_it_knows_and_that_is_told_once() -> None:
    (alert,) = told(AgeWatch("shop", model(trained=(0, 13)), 30 * DAY), range(17, 60))
    assert (alert.kind, alert.name, alert.version, alert.clock) == ("stale", "age", "m1", at(44))
    assert (alert.value, alert.threshold) == (31.0, 30.0)
    assert "the last 31 days" in alert.message


def test_where_its_training_is_not_known_it_counts_from_when_it_took_over() -> None:
    unknown = replace(model(day=16), trained_through=-1)
    (alert,) = told(AgeWatch("shop", unknown, 30 * DAY), range(17, 60))
    assert alert.clock == at(48)


def test_without_a_limit_or_a_model_nothing_is_stale() -> None:
    assert told(AgeWatch("shop", model(), None), range(17, 400)) == []
    assert told(AgeWatch("shop", Model(), DAY), range(17, 400)) == []
