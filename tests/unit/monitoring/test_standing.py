"""What is told of an alert that stands: only what is news."""

import pytest

from services.contracts.schemas import own_schema
from services.monitoring.domain.alert import UPDATED, Raised, Updated
from services.monitoring.domain.standing import Standing
from services.monitoring.domain.trail import Trail


def standing(kind: str = "quality", level: float | None = 0.10) -> Standing:
    return Standing(Raised("a", kind, "mae", "m1", 5, 0.15, 0.14, None, "", level=level), Trail())


def told(held: Standing, values: list[float], doubt: float = 0.0) -> list[Updated]:
    return [update for clock, value in enumerate(values, 6) if (update := held.seen(clock, value, doubt)) is not None]


def test_small_changes_are_no_news() -> None:
    assert told(standing(), [0.15, 0.16, 0.14, 0.17, 0.135]) == []


def test_much_more_is_told_once_and_a_repeat_changes_nothing() -> None:
    updates = told(standing(), [0.2, 0.2, 0.2])
    assert [(one.revision, one.clock, one.value, one.severity) for one in updates] == [(1, 6, 0.2, "warning")]
    assert list(updates[0].to_record()) == [field["name"] for field in own_schema(UPDATED)["fields"]]
    assert updates[0].message == "Worse: 0.2, it was 0.15."


def test_another_severity_is_news_and_what_is_better_is_told_too() -> None:
    updates = told(standing(), [0.2, 0.23, 0.15])
    assert [(one.revision, one.severity) for one in updates] == [(1, "warning"), (2, "critical"), (3, "warning")]
    assert updates[2].message.startswith("Better")


def test_without_a_level_it_is_the_distance_from_the_threshold_that_counts_and_chance_does_not() -> None:
    assert len(told(standing("floor", None), [0.17])) == 1
    assert told(standing("floor", None), [0.17], doubt=0.05) == []


@pytest.mark.parametrize("values", [[0.2, 0.3, 0.6, 0.12], [0.5] * 9])
def test_the_same_windows_give_the_same_updates(values: list[float]) -> None:
    assert told(standing(), values) == told(standing(), values)
