from dataclasses import replace

from services.contracts.tally import Tally
from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.fairness import MOST, FairnessWatch, Limit, groups_of
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at

LIMIT = Limit("equalised_odds", "age", 0.1, 20)


def its(hits: int, positives: int = 20) -> Tally:
    return Tally(rows=2 * positives, positives=positives, hits=hits, wrong=positives - hits)


def window(day: int, old: int, young: int, positives: int = 20) -> Window:
    """Positives that were found of each group."""
    noise = day % 3 - 1
    groups = {"age=old": its(old + noise, positives), "age=young": its(young - noise, positives), "sex=x": its(3)}
    return Window("quality", "m1", at(day), at(day + 1), at(day + 4), 80, {}, [], groups=groups)


def told(watch: FairnessWatch, windows: list[Window]) -> list[Fact]:
    return [fact for one in windows for fact in watch.update(one)]


def watch() -> FairnessWatch:
    return FairnessWatch("shop", "m1", LIMIT, 7)


def test_groups_that_lie_certainly_apart_are_told_of_once_and_until_they_do_not() -> None:
    days = [window(day, 16, 8) for day in range(14)] + [window(day, 13, 13) for day in range(14, 28)]
    raised, cleared = told(watch(), days)
    assert isinstance(raised, Raised)
    assert (raised.kind, raised.name, raised.version) == ("fairness", "equalised_odds by age", "m1")
    assert (raised.clock, raised.threshold) == (at(10), 0.1)
    assert "'old' and 'young' of age lie 0.386 apart in the share of positives that are found" in raised.message
    assert isinstance(cleared, Cleared)
    assert cleared.clock == at(24)


def test_a_distance_within_the_limit_or_within_chance_is_none() -> None:
    assert told(watch(), [window(day, 14, 13) for day in range(30)]) == []
    wild = [window(day, 18 if day % 2 else 4, 12) for day in range(30)]
    assert told(watch(), wild) == []


def test_small_groups_wait_and_the_oldest_windows_go() -> None:
    held = watch()
    assert told(held, [window(day, 2, 1, positives=2) for day in range(9)]) == []
    assert told(held, [replace(window(day, 9, 9), groups={}) for day in range(9, 100)]) == []
    assert len(held._waiting) == MOST * 7


def test_groups_are_those_of_the_field_with_nothing_for_windows_that_lack_them() -> None:
    some = [window(0, 9, 9), replace(window(1, 9, 9), groups={"age=": its(1)})]
    assert {name: [one.positives for one in held] for name, held in groups_of("age", some).items()} == {
        "old": [20, 0],
        "young": [20, 0],
        "": [0, 20],
    }
