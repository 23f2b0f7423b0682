"""A floor is told of when a measure is certainly below it, whatever was usual, and no more when it isn't."""

import numpy as np
import pytest

from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.floor import Floor, FloorWatch, share
from services.monitoring.domain.window import Run, Window
from tests.unit.monitoring.story import at


def run(rows: int = 100, wrong: int = 8, positives: int = 20, missed: int = 5) -> Run:
    return Run(0, 9, rows, 1.0, wrong, positives, missed, 1.0)


def window(day: int, *runs: Run) -> Window:
    return Window("quality", "m1", at(day), at(day + 1), at(day + 4), sum(one.rows for one in runs), {}, list(runs))


def watching(metric: str = "recall", below: float = 0.5) -> FloorWatch:
    return FloorWatch("p", "m1", Floor(metric, below))


def told(watch: FloorWatch, windows: list[Window]) -> list[Fact]:
    return [fact for one in windows for fact in watch.update(one)]


GOOD, BAD = [run()] * 4, [run(wrong=17, missed=14)] * 4


@pytest.mark.parametrize(
    ("metric", "value"), [("accuracy", 0.92), ("precision", 15 / 18), ("recall", 0.75), ("f1", 2 * 15 / (2 * 15 + 8))]
)
def test_shares_are_those_of_the_decisions(metric: str, value: float) -> None:
    found = share(metric, GOOD)
    assert found is not None
    assert found.value == pytest.approx(value)
    assert found.error == pytest.approx(0)


def test_where_little_counts_nothing_is_known() -> None:
    assert share("recall", [run(rows=5_000, positives=49)]) is None
    assert share("precision", [run(wrong=0, missed=20)] * 9) is None


def test_a_few_that_stand_for_many_are_no_more_than_they_are() -> None:
    """One explored row that was decided wrongly, and stands for a hundred, is no reason for an alert."""
    alone = run(rows=131, wrong=100, positives=0, missed=0)._replace(heaviest=100)
    assert share("precision", [alone]) is None
    assert told(watching("precision"), [window(0, alone)]) == []
    assert share("precision", [alone] * 49) is None
    assert share("precision", [alone] * 50) is not None


def test_the_error_covers_the_truth_as_often_as_it_says() -> None:
    rng, covered = np.random.default_rng(3), 0
    for _ in range(400):
        found = share("recall", [run(missed=int(missed)) for missed in rng.binomial(20, 0.4, 30)])
        assert found is not None
        covered += abs(found.value - 0.6) < 1.96 * found.error
    assert 360 < covered < 396


def test_it_is_told_once_how_far_below_and_that_it_is_over() -> None:
    watch = watching()
    raised, cleared = told(watch, [window(day, *(BAD if 3 <= day < 6 else GOOD)) for day in range(9)])
    assert isinstance(raised, Raised)
    assert (raised.kind, raised.name, raised.clock, raised.threshold, raised.change) == (
        "floor",
        "recall",
        at(3 + 4),
        0.5,
        None,
    )
    assert raised.value == pytest.approx(0.3)
    assert raised.message == "The recall of m1 is 0.300, below its floor 0.5."
    assert cleared == Cleared(raised.alert_id, at(8 + 4), "recovered")
    assert watch.standing is None


def test_a_good_window_between_bad_ones_ends_nothing() -> None:
    watch = watching()
    windows = [window(day, *(GOOD if day in (4, 6, 7) else BAD)) for day in range(9)]
    (raised,) = told(watch, windows)
    assert watch.standing is not None
    assert watch.standing.raised == raised


def test_a_model_that_was_never_good_enough_is_told_of_at_once() -> None:
    assert [fact.clock for fact in told(watching(), [window(day, *BAD) for day in range(3)])] == [at(4)]


def test_chance_alone_is_not_told_of() -> None:
    rng = np.random.default_rng(5)
    windows = [window(day, *(run(missed=int(missed)) for missed in rng.binomial(20, 0.45, 6))) for day in range(60)]
    assert len([fact for fact in told(watching(), windows) if isinstance(fact, Raised)]) <= 1
    assert min(1 - sum(one.missed for one in held.runs) / 120 for held in windows) < 0.5


def test_few_rows_wait_for_those_of_the_next_windows() -> None:
    few = run(rows=40, wrong=17, positives=20, missed=14)
    assert [fact.clock for fact in told(watching(), [window(day, few) for day in range(5)])] == [at(2 + 4)]


def test_the_same_windows_give_the_same_alert() -> None:
    first, again = (told(watching(), [window(2, *BAD)]) for _ in range(2))
    assert first == again
    assert first != told(watching("f1"), [window(2, *BAD)])


def test_where_the_measure_is_never_defined_nothing_piles_up() -> None:
    watch = watching("precision")
    assert told(watch, [window(day, *([run(wrong=20, missed=20)] * 9)) for day in range(50)]) == []
    assert watch._waiting == []


def off(rows: int, each: float, spread: float = 0.0, seed: int = 0) -> list[Run]:
    """Runs of numbers, off by about so much each."""
    errors = np.abs(each + spread * np.random.default_rng(seed).normal(size=(4, rows // 4)))
    return [Run(0, 9, rows // 4, float((one**2).sum()), 0, 0, 0, 0.0, absolute=float(one.sum())) for one in errors]


def test_errors_of_numbers_are_measured_with_their_doubt() -> None:
    runs = off(400, 10.0, 3.0)
    mae, rmse = share("mae", runs), share("rmse", runs)
    assert mae is not None
    assert rmse is not None
    assert mae.value == pytest.approx(10, abs=0.5)
    assert rmse.value == pytest.approx((100 + 9) ** 0.5, abs=0.5)
    assert 0 < mae.error < 1
    assert 0 < rmse.error < 1
    assert share("rmse", [Run(0, 9, 60, 0.0, 0, 0, 0, 0.0)]) is not None


@pytest.mark.parametrize("metric", ["mae", "rmse"])
def test_of_an_error_a_floor_is_what_it_may_not_be_above(metric: str) -> None:
    watch = watching(metric, 12.0)
    raised, cleared = told(watch, [window(day, *off(400, 20.0 if 3 <= day < 6 else 10.0, 1.0)) for day in range(9)])
    assert isinstance(raised, Raised)
    assert (raised.clock, raised.threshold) == (at(3 + 4), 12.0)
    assert raised.message.endswith("above its limit 12.")
    assert cleared == Cleared(raised.alert_id, at(8 + 4), "recovered")


def test_intervals_that_hold_too_little_are_told_of() -> None:
    held = [Run(0, 9, 100, 0.0, 0, 0, 0, 0.0, intervals=100, outside=outside) for outside in (9, 11, 10, 10)]
    found = share("coverage", held)
    assert found is not None
    assert found.value == pytest.approx(0.9)
    assert told(watching("coverage", 0.8), [window(0, *held)]) == []
    few = [run._replace(outside=30) for run in held]
    (raised,) = told(watching("coverage", 0.8), [window(0, *few)])
    assert isinstance(raised, Raised)
    assert raised.message == "The coverage of m1 is 0.700, below its floor 0.8."
