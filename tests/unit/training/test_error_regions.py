"""Where a model errs most: what is planted is found, and what is chance doesn't last."""

import numpy as np
import pytest

from services.training.domain.error_regions import error_regions
from tests.unit.training.rows import DAY, NUMBERS, hourly_rows, made_rows

AMOUNT = NUMBERS[1]


def test_a_planted_region_comes_first_with_what_holds_of_it() -> None:
    rows = made_rows(seed=7, days=120)
    region = (rows.inputs["country"] == "NO").to_numpy() & (np.nan_to_num(rows.inputs[AMOUNT].to_numpy()) > 0.3)
    score = np.where(region, 0.5, 0.1 + 0.8 * rows.label)
    first, *_ = error_regions(score, rows, DAY, 0.95, 0)
    assert sorted(first.conditions) == ["amount > 0.3036", "country is NO"]
    newer = region[len(rows) // 2 :].sum()
    assert abs(first.rows - newer) < 5
    assert first.loss == pytest.approx(-np.log(0.5), abs=0.01)
    assert first.more.low is not None
    assert first.more.low > 0.5


def test_regions_of_noise_do_not_last() -> None:
    rng, lasting = np.random.default_rng(3), 0
    for seed in range(20):
        rows = made_rows(seed=seed, strength=0.0)
        found = error_regions(rng.uniform(0.3, 0.7, len(rows)), rows, DAY, 0.95, seed)
        lasting += sum(one.more.low is not None and one.more.low > 0 for one in found)
    assert lasting <= 6  # of sixty, at 2.5 %


def test_the_missing_are_told_of() -> None:
    rows = made_rows(seed=7, days=120)
    absent = rows.inputs[AMOUNT].isna().to_numpy()
    score = np.where(absent, 0.5, 0.1 + 0.8 * rows.label)
    first, *_ = error_regions(score, rows, DAY, 0.95, 0)
    assert first.conditions == ("amount is missing",)
    other, *_ = error_regions(np.where(absent, 0.1 + 0.8 * rows.label, 0.5), rows, DAY, 0.95, 0)
    assert other.conditions == ("amount is known",)


def test_numbers_have_absolute_errors() -> None:
    rows = hourly_rows()
    far = rows.inputs[AMOUNT].to_numpy() > 12.5  # the hour
    first, *_ = error_regions(rows.label + np.where(far, 40.0, 1.0), rows, DAY, 0.95, 0)
    assert first.conditions[0].startswith("amount > 12.5")
    assert first.loss == pytest.approx(40, abs=1)
    assert first.more.value == pytest.approx(39, abs=1)


def test_too_few_rows_tell_nothing() -> None:
    rows = made_rows(days=3)
    assert error_regions(np.full(len(rows), 0.5), rows, DAY, 0.95, 0) == ()
