"""An online learner that is better is told of, one that isn't almost never, whatever comes first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.yardstick import ALPHA, DAY, KIND, LEAST, Yardsticks
from tests.unit.monitoring.story import at, model

LOSS = 0.1
CHAMPION = replace(model(day=-1), loss=LOSS)


def measured(clock: int, gain: float, rows: int = 500, version: str = "m1") -> dict[str, Any]:
    """A YardstickMeasured. gain: by how much the learner lost less, as a part of LOSS."""
    sums = {"version": version, "rows": rows, "loss": rows * LOSS * (1 - gain), "other_loss": rows * LOSS}
    return {"clock": clock, "learner": "logistic", "pairs": [sums]}


def days(gains: Sequence[float], **more: Any) -> list[dict[str, Any]]:
    return [measured(at(day + 1), gain, **more) for day, gain in enumerate(gains)]


def told(watch: Yardsticks, values: Sequence[dict[str, Any]]) -> list[Fact]:
    return [fact for value in values for fact in watch.update(value)]


def watching(champion: Any = CHAMPION) -> Yardsticks:
    watch = Yardsticks("story")
    watch.adopt(champion)
    return watch


def raised(gains: Sequence[float], **more: Any) -> Raised | None:
    """Looking once, at the end, for what every look would have shown: see below."""
    watch = Yardsticks("story")
    told(watch, days(gains, **more))
    facts = watch.adopt(CHAMPION)
    return facts[0] if facts else None  # type: ignore[return-value]


def test_one_that_is_clearly_better_is_told_of_once() -> None:
    rng = np.random.default_rng(1)
    found = raised((0.4 + rng.normal(0, 0.1, 40)).tolist())
    assert found is not None
    assert (found.kind, found.name, found.version, found.severity) == (KIND, "logistic", "m1", "warning")
    assert found.clock < at(20)
    assert found.value == pytest.approx(0.04, rel=0.2)
    assert found.threshold == pytest.approx(LEAST * LOSS)
    assert "(logistic) answers better than m1: over" in found.message
    assert len(found.points) == (found.clock - at(0)) // DAY


def test_one_that_is_no_better_is_told_of_no_oftener_than_stated() -> None:
    rng = np.random.default_rng(2)
    # the mean of blocks is just what is bet against, and one great gain makes that of all rows matter
    streams = [[100.0, *rng.normal(0, 0.15, 120)] for _ in range(300)]
    alarms = sum(raised(gains) is not None for gains in streams)
    assert alarms <= ALPHA * 300 + 3 * np.sqrt(ALPHA * 300)


def test_what_is_certain_and_does_not_matter_is_not_told_of() -> None:
    rng = np.random.default_rng(4)
    assert raised((0.8 * LEAST + rng.normal(0, 0.02, 120)).tolist()) is None
    assert raised((1.2 * LEAST + rng.normal(0, 0.02, 120)).tolist()) is not None


def test_a_champion_that_is_better_is_never_told_of() -> None:
    rng = np.random.default_rng(3)
    assert all(raised((-0.1 + rng.normal(0, 0.2, 200)).tolist()) is None for _ in range(50))


def test_gains_that_a_great_loss_undoes_are_no_evidence() -> None:
    assert raised([*[0.25] * 60]) is not None
    assert raised([-60.0, *[0.25] * 60]) is None


def test_hours_of_a_day_are_one_block_that_counts_once_the_day_is_over() -> None:
    hours = [measured(at(0) + (hour + 1) * DAY // 24, 0.4, rows=20) for hour in range(24 * 30)]
    (found,) = told(watching(), hours)
    (daily,) = told(watching(), days([0.4] * 30, rows=480))
    assert isinstance(found, Raised)
    assert isinstance(daily, Raised)
    assert (found.alert_id, found.clock, len(found.points)) == (daily.alert_id, daily.clock, len(daily.points))


def test_whatever_comes_first_the_same_alert_follows() -> None:
    values = days([0.4] * 30)
    (usual,) = told(watching(), values)
    for seen in (0, 3, 29, 30):
        watch = Yardsticks("story")
        facts = [*told(watch, values[:seen]), *watch.adopt(CHAMPION), *told(watch, values[seen:])]
        assert facts == [usual]
        assert watch.open() == [usual]


def test_only_what_came_after_the_champion_took_over_counts() -> None:
    values = days([0.4] * 30)
    first = told(watching(), values)[0]
    later = replace(CHAMPION, clock=at(5))
    second = told(watching(later), values)[0]
    assert isinstance(first, Raised)
    assert isinstance(second, Raised)
    assert second.clock == first.clock + 5 * DAY
    assert told(watching(), days([0.4] * 30, version="m0")) == []


def test_it_ends_with_its_model_and_begins_anew_with_the_next() -> None:
    watch = watching()
    (alert,) = told(watch, days([0.4] * 30))
    assert isinstance(alert, Raised)
    assert watch.adopt(replace(CHAMPION, sequence=2)) == []
    assert watch.adopt(replace(CHAMPION, version="m0", sequence=1)) == []
    (over,) = watch.adopt(replace(CHAMPION, version="m2", sequence=2, clock=at(31)))
    assert over == Cleared(alert.alert_id, at(31), "superseded")
    assert told(watch, days([0.4] * 60)) == []
    facts = told(watch, days([0.4] * 60, version="m2")[31:])
    assert [fact.kind_name for fact in facts] == ["driftmill.AlertRaised"]
    (gone,) = watch.dismiss()
    assert isinstance(gone, Cleared)
    assert watch.dismiss() == watch.open() == []


@pytest.mark.parametrize("champion", [replace(CHAMPION, loss=None), replace(CHAMPION, version="other")])
def test_of_a_champion_without_a_scale_or_an_answer_nothing_is_told(champion: Any) -> None:
    watch = watching(champion)
    assert told(watch, days([0.4] * 30)) == []
    assert told(watch, [{"clock": at(40), "learner": "logistic", "pairs": []}]) == []
