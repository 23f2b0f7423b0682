"""Better or worse by labels: 20 that are no better are never promoted, then one that is 20 % better is."""

import math

import numpy as np
import pytest

from services.contracts.advantage import BLOCK_ROWS, hold_out_loss
from services.contracts.pipeline.learning_task import BINARY, MULTICLASS, REGRESSION
from services.registry.domain.confirmation import Comparison, compare, spent
from services.registry.domain.pairs import Pairs
from services.registry.domain.reports import Window
from tests.unit.registry.play import DAY

LOSS = 0.1


def window(day: int, gain: float, rows: int = 500, other: str = "v1") -> Window:
    """gain: by how much the mean loss is below the other's, as a part of LOSS."""
    sums = Pairs(rows=rows, error=rows * LOSS * (1 - gain), other_error=rows * LOSS)
    return Window(day * DAY, (day + 1) * DAY, (day + 4) * DAY, {other: sums})


def looked(gains: list[float], attempt: int = 1, alpha: float = 0.05) -> Comparison:
    """The first certain verdict, looking after each window; the last one if there is none."""
    windows = [window(day, gain) for day, gain in enumerate(gains)]
    for count in range(1, len(windows) + 1):
        found = compare(windows[:count], "v1", BINARY, LOSS, spent(alpha, attempt))
        if found.is_better or found.is_worse:
            return found
    return found


def test_twenty_that_are_no_better_promote_nothing_and_then_a_true_improvement_passes() -> None:
    rng = np.random.default_rng(5)
    for attempt in range(1, 21):
        assert not looked(rng.normal(0.0, 0.2, 60).tolist(), attempt).is_better
    assert looked(rng.normal(0.2, 0.1, 45).tolist(), attempt=21).is_better


@pytest.mark.parametrize(("days", "least"), [(14, 0.9), (30, 1.0)])
def test_a_first_candidate_that_is_a_fifth_better_is_promoted_within_a_fortnight(days: int, least: float) -> None:
    rng = np.random.default_rng(6)
    found = [looked(rng.normal(0.2, 0.1, days).tolist()).is_better for _ in range(30)]
    assert np.mean(found) >= least


def test_errors_add_up_to_alpha() -> None:
    parts = [spent(0.05, attempt) for attempt in range(1, 10_000)]
    assert parts[0] == pytest.approx(0.0304, abs=1e-4)
    assert math.fsum(parts) < 0.05
    assert math.fsum(parts) == pytest.approx(0.05, abs=1e-4)


def test_a_certain_loss_is_told_too() -> None:
    found = looked([-0.3] * 20)
    assert (found.is_better, found.is_worse) == (False, True)
    criterion = found.criterion("v1")
    assert not criterion.passed
    assert criterion.detail.startswith("loss below that of v1 by labels: fails, it is worse, advantage -0.025 a block")


def test_a_great_loss_that_is_cut_off_promotes_nothing() -> None:
    windows = [window(day, 0.2) for day in range(30)] + [window(30, -60.0)]
    found = compare(windows, "v1", BINARY, LOSS, 0.05)
    assert found.low is not None
    assert found.low > 0
    assert found.advantage is not None
    assert found.advantage < 0
    assert not found.is_better


@pytest.mark.parametrize("last", [-60.0, 0.2, 60.0])
@pytest.mark.parametrize("count", [1, 2, 30])
def test_what_is_told_lies_in_its_interval_and_the_advantage_over_all_events_is_told_beside_it(
    count: int, last: float
) -> None:
    windows = [window(day, 0.1 * (-1) ** day) for day in range(count)] + [window(count, last)]
    found = compare(windows, "v1", BINARY, LOSS, 0.05)
    told = found.criterion("v1")
    assert told.value is not None
    assert told.low is not None
    assert told.high is not None
    assert told.low <= told.value <= told.high
    assert found.advantage == pytest.approx(LOSS * (last + 0.1 * (count % 2)) / (count + 1))
    assert f"{told.value:.4g} a block ({told.low:.4g} to {told.high:.4g}), " in told.detail
    assert f", {found.advantage:.4g} over all events; {(count + 1) * 500} labelled events in" in told.detail


def test_few_rows_are_put_together() -> None:
    windows = [window(day, 0.2, rows=BLOCK_ROWS // 2) for day in range(9)]
    found = compare(windows, "v1", BINARY, LOSS, 0.05)
    assert (found.blocks, found.rows) == (4, 4 * BLOCK_ROWS)


def test_only_who_is_beside_it_now_is_compared() -> None:
    windows = [window(0, 0.5, other="v0"), window(1, 0.2)]
    assert compare(windows, "v1", BINARY, LOSS, 0.05).blocks == 1
    assert compare(windows, "v9", BINARY, LOSS, 0.05) == Comparison(0)


def test_numbers_are_compared_by_their_absolute_errors() -> None:
    sums = Pairs(rows=100, error=9e9, absolute=800.0, other_absolute=1_000.0)
    found = compare([Window(0, DAY, DAY, {"v1": sums})], "v1", REGRESSION, 10.0, 0.05)
    assert found.advantage == pytest.approx(2.0)
    assert found.high == pytest.approx(2.5, abs=0.01)


def test_without_a_scale_nothing_is_promoted() -> None:
    found = compare([window(day, 0.9) for day in range(40)], "v1", BINARY, None, 0.05)
    assert (found.is_better, found.is_worse, found.rows) == (False, False, 20_000)
    assert found.criterion("v1").detail.endswith("nothing measured yet; 20000 labelled events")


def test_of_several_classes_wrong_decisions_are_the_loss() -> None:
    bins = [{"bin": 4, "rows": 30, "score": 0.45, "right_rate": 0.5}, {"bin": 9, "rows": 70, "score": 0.9}]
    bins[1]["right_rate"] = 0.9
    loss = hold_out_loss({"reliability": bins}, MULTICLASS)
    assert loss == pytest.approx(0.22)
    assert compare([window(day, 0.5) for day in range(20)], "v1", MULTICLASS, loss, 0.03).is_better
